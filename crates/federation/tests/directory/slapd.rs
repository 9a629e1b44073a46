//! OpenLDAP from the distribution's package, one server for each test process, gone with it.

use std::{
    env, fs,
    io::Write,
    net::{TcpListener, TcpStream},
    os::unix::{
        fs::{MetadataExt, PermissionsExt, chown},
        process::CommandExt,
    },
    path::{Path, PathBuf},
    process::{self, Child, Command, Stdio},
    sync::OnceLock,
    time::{Duration, Instant},
};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};

const PROGRAM: &str = "/usr/sbin/slapd";
/// Set by `./test --quick`: tests whose server is not installed are left out.
const QUICK: &str = "BOTHWAYS_QUICK";
const START: Duration = Duration::from_mins(1);
/// The user `nobody` of every Debian.
const NOBODY: u32 = 65534;

pub const BASE: &str = "dc=example,dc=org";
pub const SERVICE: &str = "cn=service,dc=example,dc=org";

/// The server runs as a child of this script, which waits for the end of its standard input: that is the end of the
/// test process, in whatever way it comes.
const GUARD: &str = r#""$1" -f "$2/slapd.conf" -h "$3" -d 0 >"$2/log" 2>&1 </dev/null &
server=$!; read _; kill -INT $server; wait $server; rm -rf "$2""#;

pub struct Slapd {
    pub folder: PathBuf,
    pub plain: u16,
    pub encrypted: u16,
    _guard: Child,
}

impl Slapd {
    /// The server of this process; `None`, said aloud, when it is not installed and need not be.
    pub fn running() -> Option<&'static Self> {
        static SERVER: OnceLock<Option<Slapd>> = OnceLock::new();
        SERVER.get_or_init(Self::start).as_ref()
    }

    pub fn ldap(&self) -> String {
        format!("ldap://127.0.0.1:{}", self.plain)
    }

    pub fn ldaps(&self) -> String {
        format!("ldaps://127.0.0.1:{}", self.encrypted)
    }

    fn start() -> Option<Self> {
        if !Path::new(PROGRAM).exists() {
            assert!(
                env::var(QUICK).is_ok_and(|value| value == "1"),
                "these tests need OpenLDAP: `apt-get install slapd`, or leave them out with {QUICK}=1"
            );
            // Past the capture of output, which shows only what failing tests say.
            let said = format!("\n!!! NOT TESTED: passwords checked by a directory. {PROGRAM} is not installed.\n\n");
            std::io::stderr().write_all(said.as_bytes()).unwrap();
            return None;
        }
        let folder = env::temp_dir().join(format!("bothways-slapd-{}", process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(folder.join("db")).expect("a temporary folder");
        certificates(&folder);
        let (plain, encrypted) = (free_port(), free_port());
        fs::write(folder.join("slapd.conf"), configuration(&folder)).unwrap();
        fs::write(folder.join("people.ldif"), include_str!("people.ldif")).unwrap();
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).unwrap();
        let root = fs::metadata("/proc/self").expect("/proc").uid() == 0;
        if root {
            for entry in ["", "db", "server.pem", "server.key", "slapd.conf", "people.ldif"] {
                chown(folder.join(entry), Some(NOBODY), Some(NOBODY)).expect("a folder for nobody");
            }
        }
        let command = |program: &str| {
            let mut command = Command::new(program);
            command.current_dir("/");
            if root {
                command.uid(NOBODY).gid(NOBODY);
            }
            command
        };
        let filled = command("/usr/sbin/slapadd")
            .args(["-q", "-f"])
            .arg(folder.join("slapd.conf"))
            .arg("-l")
            .arg(folder.join("people.ldif"))
            .output()
            .expect("slapadd runs");
        assert!(filled.status.success(), "slapadd: {}", String::from_utf8_lossy(&filled.stderr));
        let guard = command("/bin/sh")
            .args(["-c", GUARD, "guard", PROGRAM])
            .arg(&folder)
            .arg(format!("ldap://127.0.0.1:{plain} ldaps://127.0.0.1:{encrypted}"))
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("a shell starts");
        let server = Self { folder, plain, encrypted, _guard: guard };
        server.wait();
        Some(server)
    }

    fn wait(&self) {
        let deadline = Instant::now() + START;
        while [self.plain, self.encrypted].iter().any(|port| TcpStream::connect(("127.0.0.1", *port)).is_err()) {
            let log = || fs::read_to_string(self.folder.join("log")).unwrap_or_default();
            assert!(Instant::now() < deadline, "slapd did not start: {}", log());
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn configuration(folder: &Path) -> String {
    let folder = folder.display();
    format!(
        "include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb.la
moduleload memberof.la
TLSCACertificateFile {folder}/authority.pem
TLSCertificateFile {folder}/server.pem
TLSCertificateKeyFile {folder}/server.key
referral ldap://127.0.0.1:1/
database mdb
suffix \"{BASE}\"
rootdn \"cn=admin,{BASE}\"
rootpw admin
directory {folder}/db
overlay memberof
access to attrs=userPassword by anonymous auth by * none
access to dn.subtree=\"ou=groups,{BASE}\" by dn.exact=\"{SERVICE}\" read by * none
access to * by * read
"
    )
}

/// `authority.pem`, `server.pem` and `server.key`, and `stranger.pem` of an authority that has nothing to do with them.
fn certificates(folder: &Path) {
    let authority = |name: &str| {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(rcgen::DnType::CommonName, name);
        CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
    };
    let ours = authority("Tests");
    fs::write(folder.join("authority.pem"), ours.pem()).unwrap();
    fs::write(folder.join("stranger.pem"), authority("Strangers").pem()).unwrap();
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec!["localhost".to_owned(), "127.0.0.1".to_owned()]).unwrap();
    let certificate = params.signed_by(&key, &ours).unwrap();
    fs::write(folder.join("server.pem"), certificate.pem()).unwrap();
    fs::write(folder.join("server.key"), key.serialize_pem()).unwrap();
}
