//! Writes the rows of a run. A row counts as delivered once it is written whole and, in a file, synced.

use std::cell::RefCell;
use std::fs::{File, OpenOptions};
use std::io::{Seek, SeekFrom};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use age::x25519::Recipient;
use zeroize::Zeroizing;

use super::output_row::{OutputRow, Password, header};
use super::run_files;
use super::settings::RowFormat;
use crate::domain::{Delivery, Error, Kind, Reason, Result, RevealSink, TemporaryPassword, sealed};
use crate::output::write_all;
use crate::platform::GroupCommit;

type Bytes = Zeroizing<Vec<u8>>;

/// Writes the rows of a run to a file or a descriptor.
pub(crate) struct OutputWriter {
    writer: GroupCommit<Bytes, Result<(), String>>,
    format: RowFormat,
    clear: bool,
    name: String,
    /// The number of the file that this process made.
    file_number: Option<u64>,
    failed: RefCell<Option<String>>,
    first_failures: RefCell<Vec<FailedRow>>,
}

/// A row that somebody has to look at, as the report shows it.
#[derive(Clone, Debug)]
pub(crate) struct FailedRow {
    /// The line of the input where the row begins.
    pub line: u64,
    /// The customer, or what the input called them.
    pub who: String,
    /// The reason, in words.
    pub why: String,
}

/// How many failed rows the report shows.
const REMEMBERED: usize = 5;

/// Makes the error of an output that accepts no more rows (exit 8), which stops the run.
fn full(name: &str, why: &str) -> Error {
    Error::new(Kind::Unavailable, Reason::OutputFailed, format!("The output {name} takes no more rows: {why}."))
        .hint("Make room, or start its reader again, and resume the run.")
}

impl OutputWriter {
    /// Creates a new file that only its owner may read.
    ///
    /// # Errors
    /// Exit 2: the file exists already, or cannot be made.
    pub(crate) fn create(path: &Path, format: RowFormat) -> Result<Self> {
        let shown = path.display();
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(|error| {
            let usage_error = Error::usage(format!("The output {shown} cannot be made: {error}."));
            usage_error.hint("--out names a new file: one that is there is never written over.").because(error)
        })?;
        let number = run_files::number_of(&file).map_err(|error| full(&shown.to_string(), &error.to_string()))?;
        let started = Self::start(file.into(), true, format, false, shown.to_string())?;
        let output = Self { file_number: Some(number), ..started };
        output.begin()?;
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
        File::open(folder)
            .and_then(|folder| folder.sync_all())
            .map_err(|error| full(&output.name, &error.to_string()))?;
        Ok(output)
    }

    /// Takes the file of a resumed run, and cuts off what follows the first `whole` bytes.
    ///
    /// # Errors
    /// Exit 8: the file cannot be written.
    pub(crate) fn take_up(mut file: File, path: &Path, format: RowFormat, whole: u64) -> Result<Self> {
        let shown = path.display().to_string();
        let to_error = |error: std::io::Error| full(&shown, &error.to_string());
        file.set_len(whole).map_err(to_error)?;
        file.seek(SeekFrom::End(0)).map_err(to_error)?;
        file.sync_all().map_err(to_error)?;
        let output = Self::start(file.into(), true, format, false, shown)?;
        if whole == 0 {
            output.begin()?;
        }
        Ok(output)
    }

    /// Opens a descriptor that gets passwords in clear.
    ///
    /// # Errors
    /// Exit 1: the thread of the output could not be started.
    pub(crate) fn clear(descriptor: OwnedFd, is_file: bool, format: RowFormat, way: &str) -> Result<Self> {
        let output = Self::start(descriptor, is_file, format, true, way.to_owned())?;
        output.begin()?;
        Ok(output)
    }

    fn start(descriptor: OwnedFd, is_file: bool, format: RowFormat, clear: bool, name: String) -> Result<Self> {
        let file = File::from(descriptor);
        let writer = GroupCommit::start("output", move |rows: Vec<Bytes>| {
            let count = rows.len();
            let result = write(&file, is_file, &rows).map_err(|error| error.to_string());
            vec![result; count]
        })
        .map_err(|error| Error::bug("The output's thread could not be started.").because(error))?;
        let (failed, first_failures) = (RefCell::default(), RefCell::default());
        Ok(Self { writer, format, clear, name, file_number: None, failed, first_failures })
    }

    fn begin(&self) -> Result<()> {
        if self.format == RowFormat::Csv {
            drop(self.writer.hand_over(Zeroizing::new(header(self.clear)?)));
        }
        Ok(())
    }

    /// Sets whether rows wait for others to share a sync with.
    pub(crate) fn gather(&self, on: bool) {
        self.writer.gather(on);
    }

    /// Returns the number by which the file system knows the file that was made; `None` for a descriptor.
    pub(crate) const fn file_number(&self) -> Option<u64> {
        self.file_number
    }

    /// Whether passwords are written in clear.
    pub(crate) const fn is_clear(&self) -> bool {
        self.clear
    }

    /// Checks that rows can still be written.
    ///
    /// # Errors
    /// Exit 8: an earlier row could not be written.
    pub(crate) fn check(&self) -> Result<()> {
        self.failed.borrow().as_ref().map_or(Ok(()), |why| Err(full(&self.name, why)))
    }

    /// Writes a row without a password.
    ///
    /// # Errors
    /// Exit 8: the output accepts no more rows.
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

    /// Returns the first rows that failed in this invocation.
    pub(crate) fn first_failures(&self) -> Vec<FailedRow> {
        self.first_failures.borrow().clone()
    }

    /// Writes a row with its password, sealed or in clear, and returns whether it was delivered.
    pub(crate) async fn deliver(&self, row: &OutputRow, password: TemporaryPassword, to: &[Recipient]) -> Delivery {
        let bytes = password.reveal(InRow { row, format: self.format, to: if self.clear { None } else { Some(to) } });
        let taken = match bytes {
            Ok(bytes) => self.take(bytes).await,
            Err(error) => Err(error),
        };
        match taken {
            Ok(()) => Delivery::Shown,
            Err(error) => {
                tracing::debug!(%error, "the row could not be written");
                Delivery::NotDelivered
            }
        }
    }

    async fn take(&self, bytes: Bytes) -> Result<()> {
        self.check()?;
        let written = self.writer.hand_over(bytes).get().await?;
        if let Err(why) = written {
            let error = full(&self.name, &why);
            *self.failed.borrow_mut() = Some(why);
            return Err(error);
        }
        Ok(())
    }
}

/// Writes the password into a row: sealed to the recipients, or in clear if `to` is `None`.
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

/// Writes rows that wait together. If one cannot be written to a file, none of them stays there.
fn write(mut file: &File, is_file: bool, rows: &[Bytes]) -> std::io::Result<()> {
    if !is_file {
        return rows.iter().try_for_each(|row| write_all(file.as_fd(), row));
    }
    let before = file.seek(SeekFrom::End(0))?;
    let written = rows.iter().try_for_each(|row| write_all(file.as_fd(), row)).and_then(|()| file.sync_data());
    if written.is_err() {
        let _ = file.set_len(before); // if this fails, a resumed run cuts the torn row off
    }
    written
}
