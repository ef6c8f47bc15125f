//! The part of a connection in clear, up to STARTTLS (RFC 3207). Nothing secret is sent in it.
//!
//! The SMTP library keeps what it has read in clear and takes it for answers after the handshake. So this part is done
//! here, and text after the answer to STARTTLS ends the connection.

use lettre::transport::smtp::extension::ClientId;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;

use super::error::{Progress, SmtpError, Step};
use super::stream::MAX_ANSWER;

/// The codes of answers that go on (RFC 5321 section 4.2.3).
const READY: u16 = 220;
const OK: u16 = 250;

/// One answer of the server.
struct Reply {
    code: u16,
    /// The text of each line.
    lines: Vec<String>,
}

/// Asks for TLS. The handshake is next on the stream that is returned.
///
/// # Errors
/// The server does not offer STARTTLS or refuses it, sent text after its answer, or broke off.
pub(super) async fn start_tls(
    stream: TcpStream,
    hello: &ClientId,
    progress: &Progress,
) -> Result<TcpStream, SmtpError> {
    let mut clear = BufReader::new(stream);
    progress.set(Step::Greeting);
    read_reply(&mut clear, Step::Greeting).await?.expect(READY, Step::Greeting)?;
    write(&mut clear, &format!("EHLO {hello}\r\n"), Step::Greeting).await?;
    let offered = read_reply(&mut clear, Step::Greeting).await?.expect(OK, Step::Greeting)?;
    if !offered.iter().skip(1).any(|line| line.trim().eq_ignore_ascii_case("STARTTLS")) {
        return Err(SmtpError::NoStartTls);
    }
    progress.set(Step::StartTls);
    write(&mut clear, "STARTTLS\r\n", Step::StartTls).await?;
    read_reply(&mut clear, Step::StartTls).await?.expect(READY, Step::StartTls)?;
    if !clear.buffer().is_empty() {
        return Err(SmtpError::TextBesideStartTls);
    }
    Ok(clear.into_inner())
}

impl Reply {
    fn expect(self, code: u16, step: Step) -> Result<Vec<String>, SmtpError> {
        match self.code {
            found if found == code => Ok(self.lines),
            400..=599 => Err(SmtpError::Refused { step, code: self.code }),
            _ => Err(SmtpError::NotSmtp(step)),
        }
    }
}

async fn write(clear: &mut BufReader<TcpStream>, command: &str, step: Step) -> Result<(), SmtpError> {
    clear.write_all(command.as_bytes()).await.map_err(|_| SmtpError::Broken(step))
}

/// Reads one answer: lines `250-text`, and a last one `250 text` (RFC 5321 section 4.2.1).
async fn read_reply(clear: &mut BufReader<TcpStream>, step: Step) -> Result<Reply, SmtpError> {
    let mut left = clear.take(MAX_ANSWER as u64);
    let mut lines = Vec::new();
    loop {
        let mut line = Vec::new();
        left.read_until(b'\n', &mut line).await.map_err(|_| SmtpError::Broken(step))?;
        if line.is_empty() {
            return Err(if left.limit() == 0 { SmtpError::NotSmtp(step) } else { SmtpError::Broken(step) });
        }
        let line = String::from_utf8_lossy(&line);
        let (code, rest) = line.trim_end().split_at_checked(3).ok_or(SmtpError::NotSmtp(step))?;
        let code = code.parse().map_err(|_| SmtpError::NotSmtp(step))?;
        lines.push(rest.get(1..).unwrap_or_default().to_owned());
        match rest.as_bytes().first() {
            Some(b'-') => {}
            Some(b' ') | None => return Ok(Reply { code, lines }),
            Some(_) => return Err(SmtpError::NotSmtp(step)),
        }
    }
}
