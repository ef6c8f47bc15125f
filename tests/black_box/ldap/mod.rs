//! Directories that hang, flood, lag behind or refuse, each played by a stand-in.

mod copies;
mod hostile;
mod retries;
mod start_tls;
