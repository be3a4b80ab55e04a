//! Owners who have a mailbox are told there, over SMTP.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use jiff::SignedDuration;
use proto::motcua::r#type::v1::ReturnWay;
use support::{PATIENCE, eventually};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use uuid::Uuid;

use crate::house::{CODE, Mailing, issued};
use crate::others::Others;

const EMAIL: &str = "an@example.vn";

/// A mail server that takes what it is handed, but for a time or for this address.
#[derive(Clone)]
struct Server {
    recipient: Arc<Mutex<&'static str>>,
    taken: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// Opens; a recipient is answered so.
    async fn open(recipient: &'static str) -> (Self, SocketAddr) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = Self { recipient: Arc::new(Mutex::new(recipient)), taken: Arc::default() };
        let serving = server.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serving.clone().speak(stream));
            }
        });
        (server, address)
    }

    /// One conversation after RFC 5321, as far as a sender needs it.
    async fn speak(self, stream: TcpStream) {
        let (reader, mut writer) = stream.into_split();
        let mut lines = BufReader::new(reader).lines();
        writer.write_all(b"220 mail.example.vn\r\n").await.unwrap();
        while let Ok(Some(line)) = lines.next_line().await {
            let verb = line.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
            let answer = match verb.as_str() {
                "EHLO" => "250-mail.example.vn\r\n250 8BITMIME",
                "RCPT" => *self.recipient.lock().unwrap(),
                "QUIT" => "221 bye",
                "DATA" => {
                    writer.write_all(b"354 go on\r\n").await.unwrap();
                    let mut message = String::new();
                    while let Ok(Some(line)) = lines.next_line().await {
                        if line == "." {
                            break;
                        }
                        message += &format!("{line}\n");
                    }
                    self.taken.lock().unwrap().push(message);
                    "250 taken"
                }
                _ => "250 well",
            };
            writer.write_all(format!("{answer}\r\n").as_bytes()).await.unwrap();
        }
    }

    fn taken(&self) -> Vec<String> {
        self.taken.lock().unwrap().clone()
    }
}

async fn mailing(server: SocketAddr) -> Mailing {
    let set = [
        "mailing.smtp.host=127.0.0.1".to_owned(),
        format!("mailing.smtp.port={}", server.port()),
        "mailing.smtp.tls=none".into(),
        "mailing.smtp.from=Một cửa <no-reply@motcua.example>".into(),
    ];
    let mailing = Mailing::beside(Others::with_owner("en", EMAIL), &set).await;
    mailing.telephone_comes_back().await;
    mailing
}

fn header<'a>(message: &'a str, name: &str) -> &'a str {
    message.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": ")).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_a_mailbox_is_told_there_and_nowhere_else() {
    let (server, address) = Server::open("250 well").await;
    let mailing = mailing(address).await;
    let dossier = Uuid::now_v7();
    mailing.hears(&[issued(dossier, ReturnWay::Counter)]).await;
    mailing.rests().await;
    let taken = server.taken();
    assert_eq!(taken.len(), 1);
    let id = "select id from mailing.messages where channel = 2 and sent_at is not null";
    let pool = mailing.alone.database.pool();
    let id: Uuid = sqlx::query_scalar(id).fetch_one(&pool).await.unwrap();
    assert_eq!(header(&taken[0], "Message-ID"), format!("<{id}@motcua.example>"));
    assert_eq!(header(&taken[0], "To"), EMAIL);
    assert_eq!(header(&taken[0], "MIME-Version"), "1.0");
    assert!(taken[0].contains(CODE) && taken[0].contains("one-stop desk"), "{}", taken[0]);
    assert!(!mailing.alone.dump().await.contains(EMAIL));
    let telephones = format!("http://{}/", mailing.telephone);
    let page = reqwest::get(telephones).await.unwrap().text().await.unwrap();
    assert!(!page.contains(CODE), "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_asks_to_come_back_gets_the_message_later() {
    let (server, address) = Server::open("451 later").await;
    let mailing = mailing(address).await;
    mailing.hears(&[issued(Uuid::now_v7(), ReturnWay::Counter)]).await;
    let put_off = "select count(*) from chassis.job where detail like '%(SMTP 451)'";
    eventually(PATIENCE, async || mailing.alone.number(put_off).await == 1).await;
    *server.recipient.lock().unwrap() = "250 well";
    mailing.alone.clock.advance(SignedDuration::from_mins(1));
    mailing.rests().await;
    assert_eq!(server.taken().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn whose_mailbox_is_gone_is_told_by_telephone() {
    let (server, address) = Server::open("550 an@example.vn is unknown").await;
    let mailing = mailing(address).await;
    mailing.hears(&[issued(Uuid::now_v7(), ReturnWay::Counter)]).await;
    mailing.rests().await;
    assert!(server.taken().is_empty());
    assert_eq!(mailing.shown(1).await.len(), 1);
    let by_telephone = "select count(*) from mailing.messages where channel = 1";
    assert_eq!(mailing.alone.number(by_telephone).await, 1);
}
