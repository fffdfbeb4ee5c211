//! The side of the commands.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;

use holdfast_model::Problem;

use super::{Address, MAX_ANSWER, MAX_REQUEST, broken, words};

/// Sends one line to whoever holds a data folder and hands on each line of the answer, without
/// its end. Whether there is anybody: `false` where nobody listens. It ends when the other side
/// does, and waits for that as long as it takes.
///
/// # Errors
///
/// `control-denied` where another user holds it, `control-too-long` and `control-broken` where it
/// does not work; lines that came before that were handed on.
pub fn control_call(
    path: &Path,
    request: &[u8],
    line: &mut dyn FnMut(&[u8]),
) -> Result<bool, Problem> {
    if request.len() > MAX_REQUEST {
        let message = format!("a request may hold at most {MAX_REQUEST} bytes");
        return Err(Problem::new("control-too-long", message));
    }
    if request.contains(&b'\n') {
        return Err(broken(path, "a request is one line"));
    }
    let stream = match connect(path) {
        Ok(stream) => stream,
        Err(error) => {
            return match error.kind() {
                io::ErrorKind::NotFound
                | io::ErrorKind::ConnectionRefused
                | io::ErrorKind::NotADirectory => Ok(false),
                io::ErrorKind::PermissionDenied => {
                    let message =
                        format!("the control socket `{}` is another user's", path.display());
                    let help = "run the command as the user who holds the data folder";
                    Err(Problem::new("control-denied", message).help(help))
                }
                _ => Err(broken(path, &words(&error))),
            };
        }
    };
    exchange(stream, request, line).map(|()| true).map_err(|error| broken(path, &words(&error)))
}

fn connect(path: &Path) -> io::Result<UnixStream> {
    let address = Address::of(path)?;
    UnixStream::connect(&address.path)
}

fn exchange(mut stream: UnixStream, request: &[u8], line: &mut dyn FnMut(&[u8])) -> io::Result<()> {
    let mut sent = Vec::with_capacity(request.len() + 1);
    sent.extend_from_slice(request);
    sent.push(b'\n');
    stream.write_all(&sent)?;
    let mut answers = BufReader::new(stream);
    let mut answer = Vec::new();
    loop {
        answer.clear();
        let limit = MAX_ANSWER as u64 + 1;
        if answers.by_ref().take(limit).read_until(b'\n', &mut answer)? == 0 {
            return Ok(());
        }
        match answer.split_last() {
            Some((b'\n', text)) => line(text),
            _ if answer.len() > MAX_ANSWER => {
                return Err(io::Error::other("a line of the answer is too long"));
            }
            _ => return Err(io::Error::other("the answer ends within a line")),
        }
    }
}
