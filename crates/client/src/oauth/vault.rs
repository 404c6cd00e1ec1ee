//! Tokens in a file that only their owner can read, and nobody without the key.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::rand::{SecureRandom as _, SystemRandom};
use serde::{Deserialize, Serialize};

use super::encoding::{base64url, from_base64url};
use super::store::{Kept, TokenKey, TokenStore};

/// Which kind of file it is; it is sealed with the rest.
const KIND: &[u8] = b"toolwright tokens 1\n";
const KEY: usize = 32;
/// The longest file that is read, in bytes.
const LONGEST: u64 = 16 * 1024 * 1024;

/// Keeps tokens in an encrypted file (ChaCha20-Poly1305). On Unix only its owner can read it; programs that use it at
/// once wait for each other; a file that was tampered with, or that another key made, is an error.
///
/// ```
/// use toolwright_client::oauth::{Authorization, EncryptedFile};
///
/// # let folder = std::env::temp_dir();
/// # let key = [7; 32];
/// // The key comes from the system's keychain, or from the environment: `EncryptedFile::from_env(path, "APP_KEY")`.
/// let authorization = Authorization::browser().store(EncryptedFile::new(folder.join("tokens"), key));
/// # let _ = authorization;
/// ```
pub struct EncryptedFile {
    path: PathBuf,
    key: Key,
    /// One at a time in this program; the file's lock is for others.
    turn: Mutex<()>,
}

enum Key {
    Given([u8; KEY]),
    /// In a file, which is read when it is needed.
    Kept(PathBuf),
}

impl fmt::Debug for EncryptedFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EncryptedFile").field("path", &self.path).finish_non_exhaustive()
    }
}

#[derive(Serialize, Deserialize)]
struct Entry {
    key: TokenKey,
    kept: Kept,
}

impl EncryptedFile {
    /// A file that need not be there yet, and its key: 32 bytes that nobody can guess.
    pub fn new(path: impl Into<PathBuf>, key: [u8; 32]) -> Self {
        Self { path: path.into(), key: Key::Given(key), turn: Mutex::default() }
    }

    /// The same, with a key in a file of its own: both, and the folder of the tokens, are made when the first token is
    /// kept, for their owner only. That protects copies of the one without the other, such as backups; whoever can read
    /// both has the tokens.
    ///
    /// ```
    /// use toolwright_client::oauth::EncryptedFile;
    ///
    /// let store = EncryptedFile::with_key_file("/home/me/.config/app/tokens", "/home/me/.config/app/tokens.key");
    /// # let _ = store;
    /// ```
    pub fn with_key_file(path: impl Into<PathBuf>, key: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), key: Key::Kept(key.into()), turn: Mutex::default() }
    }

    /// Forgets what is kept by such keys, and gives them: tokens, and who the client is to their issuers. Those are not
    /// told.
    ///
    /// # Errors
    ///
    /// When the file cannot be read or written, or not be trusted.
    pub fn forget(&self, is_meant: impl Fn(&TokenKey) -> bool) -> io::Result<Vec<TokenKey>> {
        if !self.path.exists() {
            return Ok(Vec::new());
        }
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let _lock = self.lock()?;
        let mut all = self.read()?;
        let forgotten: Vec<TokenKey> = all.keys().filter(|key| is_meant(key)).cloned().collect();
        if !forgotten.is_empty() {
            all.retain(|key, _| !is_meant(key));
            self.write(all)?;
        }
        Ok(forgotten)
    }

    /// The same, with a key from the environment: 32 bytes in base64url without padding, 43 letters.
    ///
    /// # Errors
    ///
    /// When the variable is not set, or is no such key.
    pub fn from_env(path: impl Into<PathBuf>, variable: &str) -> io::Result<Self> {
        let key = std::env::var(variable).ok().and_then(|text| key_of(&text));
        let wrong = || {
            let text = format!("{variable} must be a key of 32 bytes in base64url: 43 letters");
            io::Error::new(io::ErrorKind::InvalidInput, text)
        };
        Ok(Self::new(path, key.ok_or_else(wrong)?))
    }

    fn cipher(&self) -> io::Result<LessSafeKey> {
        let key = match &self.key {
            Key::Given(key) => *key,
            Key::Kept(path) => kept_key(path)?,
        };
        UnboundKey::new(&CHACHA20_POLY1305, &key)
            .map(LessSafeKey::new)
            .map_err(|_| refused("the key is no key"))
    }

    /// Waits until no other program is at it.
    fn lock(&self) -> io::Result<File> {
        if let (Key::Kept(_), Some(folder)) = (&self.key, self.path.parent()) {
            make_private(folder)?;
        }
        let file =
            private(OpenOptions::new().create(true).truncate(false)).open(beside(&self.path, ".lock"))?;
        file.lock()?;
        Ok(file)
    }

    fn read(&self) -> io::Result<BTreeMap<TokenKey, Kept>> {
        match fs::metadata(&self.path) {
            Ok(found) if found.len() > LONGEST => return Err(refused("the file is too long")),
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(BTreeMap::new()),
            Err(error) => return Err(error),
        }
        let sealed = fs::read(&self.path)?;
        let tampered =
            || refused("the file was tampered with, or made with another key: remove it to sign in again");
        let rest = sealed.strip_prefix(KIND).ok_or_else(tampered)?;
        let (nonce, text) = rest.split_first_chunk::<NONCE_LEN>().ok_or_else(tampered)?;
        let mut text = text.to_vec();
        let opened =
            self.cipher()?.open_in_place(Nonce::assume_unique_for_key(*nonce), Aad::from(KIND), &mut text);
        let entries: Vec<Entry> = serde_json::from_slice(opened.map_err(|_| tampered())?)
            .map_err(|_| refused("the file is not understood"))?;
        Ok(entries.into_iter().map(|entry| (entry.key, entry.kept)).collect())
    }

    fn write(&self, all: BTreeMap<TokenKey, Kept>) -> io::Result<()> {
        let entries: Vec<Entry> = all.into_iter().map(|(key, kept)| Entry { key, kept }).collect();
        let mut text = serde_json::to_vec(&entries)?;
        let mut nonce = [0; NONCE_LEN];
        SystemRandom::new().fill(&mut nonce).map_err(|_| refused("the system has no random numbers"))?;
        let unique = Nonce::assume_unique_for_key(nonce);
        self.cipher()?
            .seal_in_place_append_tag(unique, Aad::from(KIND), &mut text)
            .map_err(|_| refused("the tokens cannot be sealed"))?;
        replace(&self.path, &[KIND, &nonce, &text].concat())
    }
}

impl TokenStore for EncryptedFile {
    fn load(&self, key: &TokenKey) -> io::Result<Option<Kept>> {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let _lock = self.lock()?;
        Ok(self.read()?.remove(key))
    }

    fn save(&self, key: &TokenKey, kept: &Kept) -> io::Result<()> {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let _lock = self.lock()?;
        let mut all = self.read()?;
        all.insert(key.clone(), kept.clone());
        self.write(all)
    }
}

/// The key of a file, which is made if it is not there; whoever asks holds the lock of the tokens.
fn kept_key(path: &Path) -> io::Result<[u8; KEY]> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let mut key = [0; KEY];
            SystemRandom::new().fill(&mut key).map_err(|_| refused("the system has no random numbers"))?;
            replace(path, base64url(&key).as_bytes())?;
            return Ok(key);
        }
        Err(error) => return Err(error),
    };
    let told = |why: &str| refused(&format!("{} {why}", path.display()));
    #[cfg(unix)]
    if std::os::unix::fs::PermissionsExt::mode(&fs::metadata(path)?.permissions()) & 0o077 != 0 {
        return Err(told("can be read by others: `chmod 600` closes it, but they may have the key already"));
    }
    key_of(&text).ok_or_else(|| told("holds no key: remove it, and the tokens, to sign in again"))
}

/// Writes a private file anew, so that there is always a whole one.
fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let new = beside(path, ".new");
    match fs::remove_file(&new) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = private(OpenOptions::new().create_new(true)).open(&new)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&new, path)
}

/// Makes a folder that only its owner can look into, if it is not there.
fn make_private(folder: &Path) -> io::Result<()> {
    let mut maker = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut maker, 0o700);
    maker.recursive(true).create(folder)
}

fn key_of(text: &str) -> Option<[u8; KEY]> {
    from_base64url(text.trim())?.try_into().ok()
}

fn refused(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why)
}

/// A file of the same name with an ending.
fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// Opens a file for writing that only its owner can read.
fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options.write(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(issuer: &str) -> TokenKey {
        TokenKey { issuer: issuer.into(), resource: "https://x.example/mcp".into() }
    }

    fn kept(token: &str) -> Kept {
        let tokens = serde_json::json!({"access_token": token, "scopes": ["a"], "is_bound": false});
        serde_json::from_value(serde_json::json!({ "tokens": tokens })).unwrap()
    }

    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let folder = std::env::temp_dir().join(format!("toolwright-vault-{name}-{}", std::process::id()));
            let _ = fs::remove_dir_all(&folder);
            fs::create_dir_all(&folder).unwrap();
            Self(folder)
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn tokens_outlive_the_program_and_show_nowhere() {
        let folder = Folder::new("kept");
        let path = folder.0.join("tokens");
        let store = EncryptedFile::new(&path, [1; 32]);
        assert_eq!(store.load(&key("https://a")).unwrap(), None);
        store.save(&key("https://a"), &kept("t0k3n-a")).unwrap();
        store.save(&key("https://b"), &kept("t0k3n-b")).unwrap();
        let again = EncryptedFile::new(&path, [1; 32]);
        assert_eq!(again.load(&key("https://a")).unwrap(), Some(kept("t0k3n-a")));
        assert_eq!(again.load(&key("https://b")).unwrap(), Some(kept("t0k3n-b")));
        assert_eq!(again.load(&key("https://c")).unwrap(), None);
        let bytes = fs::read(&path).unwrap();
        assert!(!bytes.windows(5).any(|part| part == b"t0k3n"), "sealed");
        #[cfg(unix)]
        for path in [path.clone(), beside(&path, ".lock")] {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o600);
        }
        let names: Vec<_> =
            fs::read_dir(&folder.0).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(names.len(), 2, "nothing is left behind: {names:?}");
    }

    #[test]
    fn a_file_that_was_tampered_with_is_an_error_and_stays() {
        let folder = Folder::new("tampered");
        let path = folder.0.join("tokens");
        let store = EncryptedFile::new(&path, [1; 32]);
        store.save(&key("https://a"), &kept("t0k3n")).unwrap();
        let whole = fs::read(&path).unwrap();
        let mut wrong: Vec<Vec<u8>> = (0..whole.len())
            .map(|place| whole.iter().enumerate().map(|(at, byte)| byte ^ u8::from(at == place)).collect())
            .collect();
        wrong.extend((0..whole.len()).map(|length| whole[..length].to_vec()));
        for bytes in wrong {
            fs::write(&path, &bytes).unwrap();
            assert_eq!(store.load(&key("https://a")).unwrap_err().kind(), io::ErrorKind::InvalidData);
            assert!(store.save(&key("https://a"), &kept("new")).is_err());
            assert_eq!(fs::read(&path).unwrap(), bytes);
        }
        fs::write(&path, &whole).unwrap();
        let other = EncryptedFile::new(&path, [2; 32]).load(&key("https://a")).unwrap_err();
        assert!(other.to_string().contains("another key"), "{other}");
    }

    #[test]
    fn a_key_is_32_bytes() {
        assert_eq!(key_of(&format!("{}\n", "A".repeat(43))), Some([0; 32]));
        for text in [
            "",
            "A",
            &"A".repeat(42),
            &"A".repeat(44),
            &"*".repeat(43),
            "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        ] {
            assert_eq!(key_of(text), None, "{text}");
        }
        let error = EncryptedFile::from_env("tokens", "TOOLWRIGHT_NO_SUCH_VARIABLE").unwrap_err();
        assert!(error.to_string().starts_with("TOOLWRIGHT_NO_SUCH_VARIABLE must be a key"), "{error}");
    }

    #[test]
    fn a_key_that_is_kept_is_made_once_for_its_owner_only() {
        let folder = Folder::new("key");
        let (path, key_path) = (folder.0.join("deep/tokens"), folder.0.join("deep/key"));
        let store = || EncryptedFile::with_key_file(&path, &key_path);
        assert_eq!(store().forget(|_| true).unwrap(), []);
        assert!(!folder.0.join("deep").exists(), "nothing is made before it is needed");
        std::thread::scope(|scope| {
            for number in 0..4 {
                let store = store();
                scope.spawn(move || store.save(&key(&format!("https://{number}")), &kept("t")).unwrap());
            }
        });
        assert_eq!(store().load(&key("https://3")).unwrap(), Some(kept("t")));
        assert_eq!(store().forget(|key| key.issuer == "https://3").unwrap(), [key("https://3")]);
        assert_eq!(store().load(&key("https://3")).unwrap(), None);
        assert_eq!(store().read().unwrap().len(), 3);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
            assert_eq!((mode(&key_path), mode(&folder.0.join("deep"))), (0o600, 0o700));
            fs::set_permissions(&key_path, fs::Permissions::from_mode(0o640)).unwrap();
            let error = store().load(&key("https://1")).unwrap_err();
            assert!(error.to_string().contains("`chmod 600`"), "{error}");
            fs::set_permissions(&key_path, fs::Permissions::from_mode(0o600)).unwrap();
        }
        fs::write(&key_path, "A").unwrap();
        assert!(store().load(&key("https://1")).unwrap_err().to_string().contains("holds no key"));
    }

    #[test]
    fn writers_do_not_lose_each_others_tokens() {
        let folder = Folder::new("writers");
        let path = folder.0.join("tokens");
        std::thread::scope(|scope| {
            for writer in 0..4 {
                let store = EncryptedFile::new(&path, [1; 32]);
                scope.spawn(move || {
                    for number in 0..8 {
                        store.save(&key(&format!("https://{writer}-{number}")), &kept("t")).unwrap();
                    }
                });
            }
        });
        let store = EncryptedFile::new(&path, [1; 32]);
        assert_eq!(store.read().unwrap().len(), 32);
    }
}
