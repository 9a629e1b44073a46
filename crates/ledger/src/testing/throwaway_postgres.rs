//! A PostgreSQL cluster from the distribution's package, one for each test process, gone with it.

use std::{
    env, fs,
    os::unix::{
        fs::{MetadataExt, PermissionsExt, chown},
        process::CommandExt,
    },
    path::{Path, PathBuf},
    process::{self, Child, Command, Stdio},
    sync::{
        OnceLock,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use tokio_postgres::{Client, Config, NoTls};

/// Names a cluster to use instead of a throw-away one; its user must be allowed to create databases.
const GIVEN: &str = "TEST_POSTGRES_URL";
/// Set to `1` to do without PostgreSQL knowingly.
const SKIP: &str = "BOTHWAYS_SKIP_POSTGRES";
const START: Duration = Duration::from_mins(1);

/// The server runs as a child of this script, which waits for the end of its standard input: that is the end of the
/// test process, in whatever way it comes.
const GUARD: &str = r#""$1/postgres" -D "$2/data" -k "$2" -c listen_addresses= -c fsync=off -c synchronous_commit=off \
-c full_page_writes=off -c shared_buffers=32MB -c max_connections=300 >"$2/log" 2>&1 </dev/null &
server=$!; read _; kill -INT $server; wait $server; rm -rf "$2""#;

/// The address of a new empty database, or `None` when PostgreSQL is to be left out.
pub(super) async fn fresh_database() -> Option<String> {
    static NEXT: AtomicU32 = AtomicU32::new(1);
    if env::var(SKIP).is_ok_and(|value| value == "1") {
        return None;
    }
    let (cluster, give_name) = match env::var(GIVEN) {
        Ok(given) => (given, true),
        Err(_) => (Cluster::running().address(), false),
    };
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let name = format!("bothways_test_{}_{number}", process::id());
    let client = connect(&cluster).await.expect("the PostgreSQL for tests takes connections");
    if give_name {
        // Left by a process of the same number, in a cluster that outlives its processes.
        client.batch_execute(&format!("DROP DATABASE IF EXISTS {name}")).await.expect("an old database goes");
    }
    client.batch_execute(&format!("CREATE DATABASE {name}")).await.expect("a fresh database");
    Some(with_database(&cluster, &name))
}

/// The same cluster, another database. Later settings win in both of libpq's notations.
fn with_database(cluster: &str, name: &str) -> String {
    if !cluster.contains("://") {
        return format!("{cluster} dbname={name}");
    }
    let separator = if cluster.contains('?') { '&' } else { '?' };
    format!("{cluster}{separator}dbname={name}")
}

async fn connect(address: &str) -> Result<Client, tokio_postgres::Error> {
    let config: Config = address.parse()?;
    let (client, connection) = config.connect(NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}

struct Cluster {
    folder: PathBuf,
    /// Holds the guard's standard input open.
    _guard: Child,
}

impl Cluster {
    fn running() -> &'static Self {
        static CLUSTER: OnceLock<Cluster> = OnceLock::new();
        CLUSTER.get_or_init(Self::start)
    }

    fn address(&self) -> String {
        format!("host={} user=postgres dbname=postgres", self.folder.display())
    }

    fn start() -> Self {
        let programs = newest_programs();
        // PostgreSQL refuses to run as root.
        let user = (fs::metadata("/proc/self").expect("/proc").uid() == 0).then(|| ids_of("postgres"));
        let folder = env::temp_dir().join(format!("bothways-postgres-{}", process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir(&folder).expect("a temporary folder");
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o700)).expect("a private folder");
        if let Some((uid, gid)) = user {
            chown(&folder, Some(uid), Some(gid)).expect("a folder for postgres");
        }
        let made = command(&programs.join("initdb"), user)
            .args(["-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync", "--no-instructions"])
            .arg("-D")
            .arg(folder.join("data"))
            .output()
            .expect("initdb runs");
        assert!(made.status.success(), "initdb: {}", String::from_utf8_lossy(&made.stderr));
        let guard = command(Path::new("/bin/sh"), user)
            .args(["-c", GUARD, "guard"])
            .args([&programs, &folder])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("a shell starts");
        let cluster = Self { folder, _guard: guard };
        wait_for(&cluster.folder);
        cluster
    }
}

/// The socket is there a moment before the server takes connections; its lock file says `ready`.
fn wait_for(folder: &Path) {
    let deadline = Instant::now() + START;
    let status = folder.join("data/postmaster.pid");
    while !fs::read_to_string(&status).is_ok_and(|text| text.lines().nth(7).is_some_and(|line| line.trim() == "ready"))
    {
        let log = || fs::read_to_string(folder.join("log")).unwrap_or_default();
        assert!(Instant::now() < deadline, "PostgreSQL did not start: {}", log());
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn command(program: &Path, user: Option<(u32, u32)>) -> Command {
    let mut command = Command::new(program);
    command.current_dir("/");
    if let Some((uid, gid)) = user {
        command.uid(uid).gid(gid);
    }
    command
}

fn newest_programs() -> PathBuf {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let newest = versions
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse::<u32>().ok()?, entry.path().join("bin"))))
        .filter(|(_, programs)| programs.join("initdb").exists())
        .max();
    newest
        .unwrap_or_else(|| {
            panic!(
                "these tests need PostgreSQL: `apt-get install postgresql`, or name a cluster in {GIVEN}, or leave it out \
                 with {SKIP}=1"
            )
        })
        .1
}

fn ids_of(user: &str) -> (u32, u32) {
    let people = fs::read_to_string("/etc/passwd").expect("/etc/passwd");
    let line = people.lines().find(|line| line.split(':').next() == Some(user));
    let fields: Vec<&str> = line.unwrap_or_else(|| panic!("a user {user}")).split(':').collect();
    (fields[2].parse().expect("a number"), fields[3].parse().expect("a number"))
}
