//! Where rows go: each written whole, and synced where it is a file, before it counts as delivered.

use std::cell::RefCell;
use std::fs::{File, OpenOptions};
use std::io::{Seek, SeekFrom};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use age::x25519::Recipient;
use zeroize::Zeroizing;

use super::output_row::{OutputRow, Password, header};
use super::settings::RowFormat;
use crate::domain::{Delivery, Error, Kind, Reason, Result, RevealSink, TemporaryPassword, sealed};
use crate::output::write_all;
use crate::platform::GroupCommit;

type Bytes = Zeroizing<Vec<u8>>;

/// Where rows go.
pub(crate) struct OutputWriter {
    writer: GroupCommit<Bytes, Result<(), String>>,
    format: RowFormat,
    clear: bool,
    name: String,
    failed: RefCell<Option<String>>,
    first_failures: RefCell<Vec<FailedRow>>,
}

/// A row that somebody has to look at: what the report says of it.
#[derive(Clone, Debug)]
pub(crate) struct FailedRow {
    /// The line of the input where the row begins.
    pub line: u64,
    /// The customer, or what the input called them.
    pub who: String,
    /// The reason, in words.
    pub why: String,
}

/// As many of the rows that failed are remembered for the report.
const REMEMBERED: usize = 5;

/// The output can take no more rows (exit 8): the run stops.
fn full(name: &str, why: &str) -> Error {
    Error::new(Kind::Unavailable, Reason::OutputFailed, format!("The output {name} takes no more rows: {why}."))
        .hint("Make room, or start its reader again, and resume the run.")
}

impl OutputWriter {
    /// A new file, its owner's alone.
    ///
    /// # Errors
    /// Exit 2: there is such a file already, or it cannot be made.
    pub(crate) fn create(path: &Path, format: RowFormat) -> Result<Self> {
        let shown = path.display();
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(|error| {
            let told = Error::usage(format!("The output {shown} cannot be made: {error}."));
            told.hint("--out names a new file: one that is there is never written over.").because(error)
        })?;
        let sink = Self::start(file.into(), true, format, false, shown.to_string())?;
        sink.begin()?;
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
        File::open(folder)
            .and_then(|folder| folder.sync_all())
            .map_err(|error| full(&sink.name, &error.to_string()))?;
        Ok(sink)
    }

    /// The file of a run that is taken up again; what is after `whole` bytes is cut off.
    ///
    /// # Errors
    /// Exit 8: it cannot be written.
    pub(crate) fn take_up(path: &Path, format: RowFormat, whole: u64) -> Result<Self> {
        let shown = path.display().to_string();
        let told = |error: std::io::Error| full(&shown, &error.to_string());
        let mut file = OpenOptions::new().write(true).open(path).map_err(told)?;
        file.set_len(whole).map_err(told)?;
        file.seek(SeekFrom::End(0)).map_err(told)?;
        file.sync_all().map_err(told)?;
        let sink = Self::start(file.into(), true, format, false, shown)?;
        if whole == 0 {
            sink.begin()?;
        }
        Ok(sink)
    }

    /// A descriptor that gets passwords in clear.
    ///
    /// # Errors
    /// Exit 1: its thread could not be started. Exit 8: nobody reads it.
    pub(crate) fn clear(descriptor: OwnedFd, is_file: bool, format: RowFormat, way: &str) -> Result<Self> {
        let sink = Self::start(descriptor, is_file, format, true, way.to_owned())?;
        sink.begin()?;
        Ok(sink)
    }

    fn start(descriptor: OwnedFd, is_file: bool, format: RowFormat, clear: bool, name: String) -> Result<Self> {
        let file = File::from(descriptor);
        let writer = GroupCommit::start("output", move |rows: Vec<Bytes>| {
            let many = rows.len();
            let result = write(&file, is_file, &rows).map_err(|error| error.to_string());
            vec![result; many]
        })
        .map_err(|error| Error::bug("The output's thread could not be started.").because(error))?;
        Ok(Self { writer, format, clear, name, failed: RefCell::default(), first_failures: RefCell::default() })
    }

    fn begin(&self) -> Result<()> {
        if self.format == RowFormat::Csv {
            drop(self.writer.hand_over(Zeroizing::new(header(self.clear)?)));
        }
        Ok(())
    }

    /// Whether what is written waits for others to share a sync with.
    pub(crate) fn gather(&self, on: bool) {
        self.writer.gather(on);
    }

    /// Whether passwords go there in clear.
    pub(crate) const fn is_clear(&self) -> bool {
        self.clear
    }

    /// Whether rows can still be written.
    ///
    /// # Errors
    /// Exit 8: not any more.
    pub(crate) fn check(&self) -> Result<()> {
        self.failed.borrow().as_ref().map_or(Ok(()), |why| Err(full(&self.name, why)))
    }

    /// Writes a row without a password.
    ///
    /// # Errors
    /// Exit 8: the output takes no more.
    pub(crate) async fn write(&self, row: &OutputRow) -> Result<()> {
        self.take(row.bytes(self.format, Password::None)?).await?;
        let mut first = self.first_failures.borrow_mut();
        if row.outcome.is_failure() && first.len() < REMEMBERED {
            let who = row
                .customer
                .as_ref()
                .map_or_else(|| row.given.clone(), |customer| format!("{} ({})", customer.name, customer.id));
            let why = row.message.clone().unwrap_or_else(|| row.outcome.name().to_owned());
            first.push(FailedRow { line: row.line, who, why });
        }
        Ok(())
    }

    /// The first rows that failed in this sitting.
    pub(crate) fn first_failures(&self) -> Vec<FailedRow> {
        self.first_failures.borrow().clone()
    }

    /// Writes a row with its password, sealed or in clear; it is delivered when that is done.
    pub(crate) async fn deliver(&self, row: &OutputRow, password: TemporaryPassword, to: &[Recipient]) -> Delivery {
        let bytes = password.reveal(InRow { row, format: self.format, to: if self.clear { None } else { Some(to) } });
        let taken = match bytes {
            Ok(bytes) => self.take(bytes).await,
            Err(failure) => Err(failure),
        };
        match taken {
            Ok(()) => Delivery::Shown,
            Err(failure) => {
                tracing::debug!(%failure, "the row could not be written");
                Delivery::NotDelivered
            }
        }
    }

    async fn take(&self, bytes: Bytes) -> Result<()> {
        self.check()?;
        let written = self.writer.hand_over(bytes).get().await?;
        if let Err(why) = written {
            let failure = full(&self.name, &why);
            *self.failed.borrow_mut() = Some(why);
            return Err(failure);
        }
        Ok(())
    }
}

/// Writes the password into a row: sealed to the recipients, or in clear where there are none.
struct InRow<'a> {
    row: &'a OutputRow,
    format: RowFormat,
    to: Option<&'a [Recipient]>,
}

impl sealed::Sealed for InRow<'_> {}

impl RevealSink for InRow<'_> {
    type Output = Result<Bytes>;

    fn take(self, characters: &str) -> Result<Bytes> {
        let Some(recipients) = self.to else {
            return self.row.bytes(self.format, Password::Clear(characters));
        };
        let sealed = super::sealing::seal(recipients, characters)?;
        self.row.bytes(self.format, Password::Sealed(&sealed))
    }
}

/// Writes rows that wait together; of those that could not be written whole nothing stays.
fn write(mut file: &File, is_file: bool, rows: &[Bytes]) -> std::io::Result<()> {
    if !is_file {
        return rows.iter().try_for_each(|row| write_all(file.as_fd(), row));
    }
    let before = file.seek(SeekFrom::End(0))?;
    let written = rows.iter().try_for_each(|row| write_all(file.as_fd(), row)).and_then(|()| file.sync_data());
    if written.is_err() {
        let _ = file.set_len(before); // a resumed run cuts a torn row as well
    }
    written
}
