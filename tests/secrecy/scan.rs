//! Looking for a password in bytes, in a folder, and in the memory of a process.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

/// How often the bytes hold this.
pub fn count(bytes: &[u8], wanted: &[u8]) -> usize {
    // Overlapping ones count, too, so each search begins one byte behind the last place.
    let mut found = 0;
    let mut rest = bytes;
    while let Some(place) = memchr::memmem::find(rest, wanted).filter(|_| !wanted.is_empty()) {
        found += 1;
        rest = &rest[place + 1..];
    }
    found
}

/// Length of a password's parts that are looked for: two groups and their dash. By chance: once in 2^45 places.
const PART: usize = 9;
/// Of a spelling, whose words stand elsewhere as well, so much is looked for.
const SPELLED: usize = 20;

/// Every part of a password, or of a row of its spelling, that is long enough to betray it.
pub fn parts(secret: &str) -> Vec<Vec<u8>> {
    let length = if secret.contains(' ') { SPELLED } else { PART };
    assert!(secret.len() > length, "{secret} is too short to look for");
    secret.as_bytes().windows(length).map(<[u8]>::to_vec).collect()
}

/// How many parts of the secret these bytes hold.
pub fn traces(bytes: &[u8], secret: &str) -> usize {
    parts(secret).iter().map(|part| count(bytes, part)).sum()
}

/// The ways in which a file could hold it.
fn disguises(password: &str) -> Vec<Vec<u8>> {
    let hex = |bytes: &[u8]| bytes.iter().flat_map(|byte| format!("{byte:02x}").into_bytes()).collect::<Vec<u8>>();
    let digest = Sha256::digest(password.as_bytes());
    let wide: Vec<u8> = password.bytes().flat_map(|byte| [byte, 0]).collect();
    let dense = password.replace('-', "").into_bytes();
    let reversed = password.bytes().rev().collect();
    vec![hex(password.as_bytes()), hex(&digest), digest.to_vec(), wide, dense, reversed]
}

/// The files under this folder that hold the password, a part, or a disguise of it.
pub fn files_with(folder: &Path, password: &str) -> Vec<PathBuf> {
    files(folder)
        .into_iter()
        .filter(|path| {
            let bytes = std::fs::read(path).unwrap();
            traces(&bytes, password) > 0
                || disguises(password).iter().any(|disguise| count(&bytes, disguise) > 0)
                || path.to_string_lossy().contains(password)
        })
        .collect()
}

/// Every file under this folder.
pub fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found
}

/// A readable part of a process's memory.
pub struct Map {
    pub name: String,
    pub start: u64,
    pub bytes: Vec<u8>,
}

/// The memory image of a process (proc(5): /proc/PID/maps, /proc/PID/mem).
pub fn memory(process: u32) -> Vec<Map> {
    let maps = std::fs::read_to_string(format!("/proc/{process}/maps")).unwrap();
    let memory = File::open(format!("/proc/{process}/mem")).unwrap();
    maps.lines()
        .filter_map(|line| {
            let (range, rest) = line.split_once(' ')?;
            let (start, end) = range.split_once('-')?;
            let number = |text| u64::from_str_radix(text, 16).unwrap();
            let (start, end) = (number(start), number(end));
            let mut bytes = vec![0; usize::try_from(end - start).unwrap()];
            let kernels_own = rest.contains("[vvar") || rest.contains("[vsyscall]");
            if !rest.starts_with('r') || kernels_own {
                return None;
            }
            memory.read_exact_at(&mut bytes, start).ok()?;
            Some(Map { name: rest.to_owned(), start, bytes })
        })
        .collect()
}

/// Where these maps hold it: the map, the place, and what surrounds it.
pub fn places(maps: &[Map], wanted: &[u8]) -> Vec<String> {
    let mut found = Vec::new();
    for map in maps {
        for place in memchr::memmem::find_iter(&map.bytes, wanted) {
            let around = &map.bytes[place.saturating_sub(64)..(place + wanted.len() + 64).min(map.bytes.len())];
            let at = map.start + place as u64;
            found.push(format!("{at:#x} in {}: {:?}", map.name, String::from_utf8_lossy(around)));
        }
    }
    found
}

/// The same for every part of a secret.
pub fn places_of_parts(maps: &[Map], secret: &str) -> Vec<String> {
    parts(secret).iter().flat_map(|part| places(maps, part)).collect()
}
