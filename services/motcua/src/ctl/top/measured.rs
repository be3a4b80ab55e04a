//! What a process measures, read from where it serves that to Prometheus.

use std::time::Duration;

use chassis::config::Settings;
use chassis::service::BoxError;
use motcua::settings;
use prometheus_parse::{Sample, Scrape, Value};
use tokio::net::lookup_host;
use tokio::time::Instant;

/// How long a process may take to answer.
const PATIENCE: Duration = Duration::from_secs(2);

/// Where processes serve their measures.
pub struct Processes {
    given: Vec<String>,
    client: reqwest::Client,
}

/// What a process measured at one moment; nothing if it did not answer.
pub struct Measured {
    /// `host:port`.
    pub address: String,
    /// When.
    pub at: Instant,
    /// Everything it told.
    pub samples: Option<Vec<Sample>>,
}

impl Processes {
    /// As the settings say: at `peers.measures`, else where this installation's own process does.
    ///
    /// # Errors
    /// A setting is malformed.
    pub fn of(settings: &Settings) -> Result<Self, BoxError> {
        let mut given = settings.get(&settings::MEASURES)?;
        if given.is_empty() {
            given.push(settings.get(&settings::METRICS_LISTEN)?.to_string());
        }
        let client = reqwest::Client::builder().timeout(PATIENCE).build()?;
        Ok(Self { given, client })
    }

    /// The address of each process: names are resolved anew, for replicas come and go.
    pub async fn addresses(&self) -> Vec<String> {
        let mut addresses = Vec::new();
        for given in &self.given {
            match lookup_host(given).await {
                Ok(found) => addresses.extend(found.map(|address| address.to_string())),
                Err(_) => addresses.push(given.clone()),
            }
        }
        addresses
    }

    /// What the process at an address measures now.
    pub async fn measured(&self, address: String) -> Measured {
        let page = self.page(&address).await.ok();
        let scrape = page.map(|page| Scrape::parse(page.lines().map(|line| Ok(line.to_owned()))));
        let samples = scrape.and_then(Result::ok).map(|scrape| scrape.samples);
        Measured { address, at: Instant::now(), samples }
    }

    async fn page(&self, address: &str) -> reqwest::Result<String> {
        let asked = self.client.get(format!("http://{address}/metrics"));
        asked.send().await?.error_for_status()?.text().await
    }
}

impl Measured {
    /// Its samples of a family.
    pub fn named<'a>(&'a self, family: &'a str) -> impl Iterator<Item = &'a Sample> {
        self.samples.iter().flatten().filter(move |sample| sample.metric == family)
    }

    /// Its samples of a family that one service gave.
    pub fn of<'a>(&'a self, family: &'a str, service: &'a str) -> impl Iterator<Item = &'a Sample> {
        self.named(family).filter(move |sample| sample.labels.get("service") == Some(service))
    }
}

/// A number that goes up or down, or only up.
pub fn number(sample: &Sample) -> f64 {
    match sample.value {
        Value::Counter(number) | Value::Gauge(number) | Value::Untyped(number) => number,
        Value::Histogram(_) | Value::Summary(_) => 0.0,
    }
}

/// How many were observed up to each bound, in the order of the bounds.
pub fn buckets(sample: &Sample) -> Vec<(f64, f64)> {
    match &sample.value {
        Value::Histogram(counts) => {
            counts.iter().map(|bucket| (bucket.less_than, bucket.count)).collect()
        }
        _ => Vec::new(),
    }
}
