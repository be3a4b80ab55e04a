use proto::motcua::identity::v1 as pb;

use crate::mesh::{Mesh, reason};

#[tokio::test]
async fn an_agency_is_shown_to_anyone() {
    let mesh = Mesh::new().await;
    let mut agencies = mesh.agencies.clone();
    let get = |name: &str| pb::GetAgencyRequest { name: name.into() };
    let ward = agencies.get_agency(get("agencies/26860")).await.unwrap().into_inner();
    let expected = pb::Agency {
        name: "agencies/26860".into(),
        title_vi: "Phường Long Trường".into(),
        title_en: "Long Truong Ward".into(),
        agency_levels: vec!["police".into(), "ward".into()],
        unit_kind: pb::UnitKind::Ward.into(),
    };
    assert_eq!(ward, expected);
    assert_eq!(reason(agencies.get_agency(get("agencies/99999")).await), "AGENCY_UNKNOWN");
    assert_eq!(reason(agencies.get_agency(get("agencies/2686")).await), "FIELDS_INVALID");
}

#[tokio::test]
async fn pages_of_a_list_hold_every_agency_once() {
    let mesh = Mesh::new().await;
    let mut asked = pb::ListAgenciesRequest {
        page_size: 100,
        filter: r#"agency_level = "ward""#.into(),
        ..Default::default()
    };
    let first = mesh.agencies.clone().list_agencies(asked.clone()).await.unwrap().into_inner();
    asked.page_token = first.next_page_token;
    let second = mesh.agencies.clone().list_agencies(asked.clone()).await.unwrap().into_inner();
    let names: Vec<_> = first.agencies.iter().chain(&second.agencies).map(|it| &it.name).collect();
    assert!(names.len() == 168 && names.is_sorted_by(|one, next| one < next));
    assert_eq!(second.next_page_token, "");
    asked.filter = r#"agency_level = "city""#.into();
    assert_eq!(reason(mesh.agencies.clone().list_agencies(asked).await), "FIELDS_INVALID");
}
