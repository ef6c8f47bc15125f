//! Customer directories beside an identity backend: how a customer without a user exists on a real one.

mod csv;

pub use self::csv::CsvCustomers;
