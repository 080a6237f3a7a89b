//! A socket in a file, for clients on this machine such as a proxy (unix(7)).

use std::fs;
use std::io::{self, ErrorKind};
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

/// The file of a socket. It is removed when this is dropped.
pub(crate) struct SocketFile {
    path: PathBuf,
    /// Its number: another server may have put another one in its place.
    inode: u64,
}

impl SocketFile {
    /// Listens in the file `path`. A file that a server has left behind is replaced; if a server still listens in it, that is
    /// an error.
    pub(crate) fn listen(path: &Path) -> Result<(UnixListener, SocketFile)> {
        let shown = path.display();
        let bound = match UnixListener::bind(path) {
            Err(error) if error.kind() == ErrorKind::AddrInUse => match UnixStream::connect(path) {
                Ok(_) => bail!("cannot listen on unix:{shown}: a server listens there; stop it, or use another path"),
                Err(error) if error.kind() == ErrorKind::ConnectionRefused && is_socket(path) => fs::remove_file(path),
                Err(error) => Err(error),
            }
            .and_then(|()| UnixListener::bind(path)),
            bound => bound,
        };
        let listener = bound.with_context(|| format!("cannot listen on unix:{shown}; use the path of a new file"))?;
        let inode = fs::metadata(path).context("cannot look at the socket's file")?.ino();
        Ok((listener, SocketFile { path: path.to_owned(), inode }))
    }
}

fn is_socket(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|file| file.file_type().is_socket())
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        if fs::metadata(&self.path).is_ok_and(|file| file.ino() == self.inode) {
            let _: io::Result<()> = fs::remove_file(&self.path);
        }
    }
}
