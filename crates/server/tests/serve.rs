//! The console on a real socket: news as they come, requests that never end, and a calm end.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    dead_code,
    unreachable_pub,
    missing_docs,
    reason = "tests may fail loudly"
)]

mod support;

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use holdfast_engine::desk::Desk;
use holdfast_model::Problem;
use holdfast_server::{Options, serve};
use support::TestDesk;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// Longer than anything here takes; it only ends a test that hangs.
const HANGING: Duration = Duration::from_mins(1);

struct Served {
    address: SocketAddr,
    desk: Arc<TestDesk>,
    end: oneshot::Sender<()>,
    over: JoinHandle<Result<(), Problem>>,
}

fn served() -> Served {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = listener.local_addr().unwrap();
    let desk = Arc::new(TestDesk::full());
    let shown: Arc<dyn Desk> = Arc::clone(&desk) as Arc<dyn Desk>;
    let (end, ended) = oneshot::channel();
    let over = tokio::spawn(async move {
        let options = Options { address, hosts: Vec::new(), secure: false };
        serve(listener, shown, &options, async { drop(ended.await) }).await
    });
    Served { address, desk, end, over }
}

/// Sends text and reads until some words come, or the other end closes.
async fn talk(stream: &mut TcpStream, say: &str, until: &str) -> String {
    stream.write_all(say.as_bytes()).await.unwrap();
    let mut heard = Vec::new();
    let listen = async {
        let mut part = [0; 4096];
        while !String::from_utf8_lossy(&heard).contains(until) {
            match stream.read(&mut part).await {
                Ok(0) | Err(_) => break,
                Ok(count) => heard.extend_from_slice(&part[..count]),
            }
        }
    };
    tokio::time::timeout(HANGING, listen).await.unwrap();
    String::from_utf8_lossy(&heard).into_owned()
}

/// The secret of a session of alice.
async fn session(served: &Served) -> String {
    served.desk.sign_in("token-of-alice".to_owned()).await.unwrap().unwrap().0
}

/// A request for news.
async fn listen(served: &Served) -> (TcpStream, String) {
    let (address, secret) = (served.address, session(served).await);
    let mut stream = TcpStream::connect(address).await.unwrap();
    let cookie = format!("holdfast-{}={secret}", address.port());
    let request = format!("GET /events HTTP/1.1\r\nhost: {address}\r\ncookie: {cookie}\r\n\r\n");
    let heard = talk(&mut stream, &request, "data: ").await;
    (stream, heard)
}

#[tokio::test]
async fn pages_hear_of_every_change() {
    let served = served();
    let number = *served.desk.changes().borrow();
    let (mut stream, heard) = listen(&served).await;
    assert!(heard.starts_with("HTTP/1.1 200"), "{heard}");
    for part in ["content-type: text/event-stream", "cache-control: no-store", "retry: 3000"] {
        assert!(heard.contains(part), "{heard}");
    }
    assert!(heard.contains(&format!("id: {number}\ndata: {number}\n\n")), "{heard}");
    served.desk.with(|data| data.view.entries += 1);
    let heard = talk(&mut stream, "", &format!("data: {}", number + 1)).await;
    assert!(heard.contains(&format!("id: {0}\ndata: {0}\n\n", number + 1)), "{heard}");
}

#[tokio::test]
async fn it_ends_though_pages_wait_for_news() {
    let served = served();
    let (mut stream, _) = listen(&served).await;
    let mut idle = TcpStream::connect(served.address).await.unwrap();
    served.end.send(()).unwrap();
    let over = tokio::time::timeout(HANGING, served.over).await.unwrap().unwrap();
    assert_eq!(over, Ok(()));
    // The stream ended as a whole answer does, and nobody waits on a line that says nothing.
    let rest = talk(&mut stream, "", "no such words").await;
    assert!(rest.ends_with("0\r\n\r\n"), "{rest:?}");
    assert_eq!(talk(&mut idle, "", "no such words").await, "");
    assert!(TcpStream::connect(served.address).await.is_err(), "it still listens");
}

#[tokio::test]
async fn heads_are_bounded() {
    let served = served();
    let address = served.address;
    let many = "x-many: y\r\n".repeat(100);
    let long = format!("x-long: {}\r\n", "y".repeat(64 * 1024));
    for more in [many, long] {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let request = format!("GET /health HTTP/1.1\r\nhost: {address}\r\n{more}\r\n");
        // It may have closed before all of that was said.
        let _ = stream.write_all(request.as_bytes()).await;
        let heard = talk(&mut stream, "", "\r\n\r\n").await;
        assert!(heard.is_empty() || heard.starts_with("HTTP/1.1 431"), "{heard}");
    }
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!("GET /health HTTP/1.1\r\nhost: {address}\r\n\r\n");
    let heard = talk(&mut stream, &request, "}\n").await;
    assert!(heard.contains("\"status\":\"ok\""), "{heard}");
}
