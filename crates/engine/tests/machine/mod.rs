//! A machine of values with a shell that does what a test says, and a holder over it. Knows no
//! expectation: those stand in the tests.
#![allow(dead_code, unreachable_pub, reason = "each test file uses its part")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, mpsc};
use std::time::Duration;

use holdfast_engine::Failure;
use holdfast_engine::cycle::Options;
use holdfast_engine::desk::{
    Action, Desk as _, Done, FindingView, Person, PlanState, PlanView, View,
};
use holdfast_engine::holder::{Holder, Say};
use holdfast_model::{Digest, Key, Problem, Timestamp, Tool};
use holdfast_world::{
    Arm, Armed, ArmedState, Command, Files, FixedClock, Output, Recorded, Run, RunError, Stream,
    World,
};

/// 2026-11-21T09:00:00Z.
pub const NOW: i64 = 1_795_251_600_000;
/// Where holders stand.
pub const SHOP: &str = "/shop";
/// What makes a kernel parameter last.
pub const DROP_IN: &str = "/etc/sysctl.d/zz-holdfast-kernel-pointers.conf";
/// What a shell that mends the parameter writes.
pub const RUNNING: &str = "/proc/sys/kernel/dmesg_restrict";
/// The drop-in that mends the login of root.
pub const ROOT_LOGIN: &str = "/etc/ssh/sshd_config.d/00-holdfast-root-login.conf";

/// A Debian machine. Two things are wrong with it: everybody reads the kernel's messages, and root
/// may log in over ssh by what a drop-in says.
pub fn debian() -> Recorded {
    let mut machine = Recorded::new()
        .here(SHOP)
        .file("/etc/os-release", "ID=debian\nVERSION_ID=\"12\"\n")
        .file("/etc/passwd", "root:x:0:0::/root:/bin/sh\nsomebody:x:1000:1000::/home:/bin/sh\n")
        .file("/etc/group", "root:x:0:\nshadow:x:42:\n")
        .file("/proc/1/environ", "PATH=/bin\0")
        .file("/proc/1/cgroup", "0::/init.scope\n")
        .file("/proc/sys/kernel/kptr_restrict", "1\n")
        .file(RUNNING, "0\n")
        .file("/etc/sysctl.d/10-kernel.conf", "kernel.kptr_restrict = 1\n")
        .file("/usr/sbin/sshd", "")
        .file(
            "/etc/ssh/sshd_config",
            "Include /etc/ssh/sshd_config.d/*.conf\n\nPermitRootLogin no\n\
             PasswordAuthentication no\nKbdInteractiveAuthentication no\n",
        )
        .file("/etc/ssh/sshd_config.d/50-cloud.conf", "# left by the image\nPermitRootLogin yes\n")
        .file("/var/lib/dpkg/status", STATUS);
    for path in ["/etc/shadow", "/etc/gshadow"] {
        machine = machine.file(path, "").owned(path, 0, 42, 0o640);
    }
    machine
}

const STATUS: &str = "Package: bash\nStatus: install ok installed\nArchitecture: amd64\n\
                      Version: 5.2.15-2+b7\n\n";

/// What a script does.
#[derive(Debug, Clone)]
pub enum Deed {
    /// Writes a file.
    Write(&'static str, &'static str),
    /// Takes a file away.
    Remove(&'static str),
    /// Says a line.
    Says(&'static str),
    /// Copies a folder of the real machine: what a power cut would leave of it.
    Snapshot(PathBuf, PathBuf),
    /// Ends with this status and complaint, whatever comes behind it.
    Fails(i32, &'static str),
    /// Brings the thread that runs it down.
    Panics,
}

/// Runs scripts as the test says, and remembers them; leaves everything else to the world.
#[derive(Debug)]
pub struct Shell {
    inner: Arc<dyn Run>,
    files: Arc<dyn Files>,
    known: Mutex<Vec<(String, Vec<Deed>)>>,
    ran: Mutex<Vec<String>>,
    asked: Mutex<Vec<Command>>,
    armed: Mutex<BTreeMap<Armed, String>>,
    fate: Mutex<Option<ArmedState>>,
    gate: Mutex<Option<mpsc::Receiver<()>>>,
    deaf: Mutex<bool>,
    silent: Mutex<bool>,
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

impl Shell {
    /// From now on, a script does this.
    pub fn when(&self, script: &str, deeds: &[Deed]) {
        let mut known = held(&self.known);
        known.retain(|(one, _)| one != script);
        known.push((script.to_owned(), deeds.to_vec()));
    }

    /// Every script that ran, in order.
    pub fn ran(&self) -> Vec<String> {
        held(&self.ran).clone()
    }

    /// Every other program that was asked, in order.
    pub fn asked(&self) -> Vec<Command> {
        held(&self.asked).clone()
    }

    /// From now on, whatever was armed stands so.
    pub fn is_armed(&self, state: ArmedState) {
        *held(&self.fate) = Some(state);
    }

    /// The scripts that were armed and did not fire.
    pub fn armed(&self) -> Vec<String> {
        held(&self.armed).values().cloned().collect()
    }

    /// From now on, nobody hears that something was armed.
    pub fn is_deaf(&self) {
        *held(&self.deaf) = true;
    }

    /// From now on, nobody is told how something armed stands, or not any more.
    pub fn is_silent(&self, silent: bool) {
        *held(&self.silent) = silent;
    }

    /// Who asks next how something armed stands is answered once this is dropped.
    pub fn is_slow(&self) -> mpsc::Sender<()> {
        let (sender, receiver) = mpsc::channel();
        *held(&self.gate) = Some(receiver);
        sender
    }

    /// Whether somebody waits for that answer.
    pub fn is_asked(&self) -> bool {
        held(&self.gate).is_none()
    }

    /// How everything stands that was armed and did not fire.
    pub fn standing(&self) -> Vec<ArmedState> {
        let armed: Vec<Armed> = held(&self.armed).keys().cloned().collect();
        armed.iter().map(|one| self.armed_state(one).unwrap()).collect()
    }

    fn script(&self, code: &str) -> Result<Output, RunError> {
        held(&self.ran).push(code.to_owned());
        let deeds = held(&self.known).iter().find(|(one, _)| one == code).map(|(_, d)| d.clone());
        let deeds = deeds.ok_or_else(|| RunError::Other(format!("nobody planned `{code}`")))?;
        let mut output = Output { status: Some(0), ..Output::default() };
        let root = Path::new("/");
        for deed in deeds {
            match deed {
                Deed::Write(path, text) => {
                    let folder = Path::new(path).parent().unwrap();
                    self.files.make_folder(folder).unwrap();
                    self.files.write_atomic(root, Path::new(path), text.as_bytes()).unwrap();
                }
                Deed::Remove(path) => self.files.remove(root, Path::new(path)).unwrap(),
                Deed::Says(line) => output.stdout.extend(format!("{line}\n").bytes()),
                Deed::Snapshot(from, to) => copy(&from, &to),
                Deed::Fails(status, complaint) => {
                    output.status = Some(status);
                    output.stderr.extend(format!("{complaint}\n").bytes());
                    break;
                }
                Deed::Panics => panic!("the thread is brought down"),
            }
        }
        Ok(output)
    }
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_file() {
            std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
    }
}

impl Run for Shell {
    fn run(&self, command: &Command) -> Result<Output, RunError> {
        match (command.program.as_str(), command.args.as_slice()) {
            ("/bin/sh", [dash, code]) if dash == "-c" => self.script(code),
            _ => {
                held(&self.asked).push(command.clone());
                self.inner.run(command)
            }
        }
    }

    fn run_streamed(
        &self,
        command: &Command,
        line: &mut dyn FnMut(Stream, &str),
    ) -> Result<Output, RunError> {
        let output = self.run(command)?;
        for (stream, bytes) in [(Stream::Stdout, &output.stdout), (Stream::Stderr, &output.stderr)]
        {
            String::from_utf8_lossy(bytes).lines().for_each(|text| line(stream, text));
        }
        Ok(output)
    }

    fn installed(&self, program: &str) -> bool {
        program == "/bin/sh" || self.inner.installed(program)
    }

    fn arm(&self, arm: &Arm) -> Result<Armed, RunError> {
        let armed = self.inner.arm(arm)?;
        held(&self.armed).insert(armed.clone(), arm.script.clone());
        if *held(&self.deaf) {
            return Err(RunError::Other("the connection was lost".to_owned()));
        }
        Ok(armed)
    }

    fn disarm(&self, armed: &Armed) -> Result<bool, RunError> {
        match self.armed_state(armed)? {
            ArmedState::Firing | ArmedState::Fired(_) | ArmedState::Gone { claimed: true } => {
                Ok(false)
            }
            _ => self.inner.disarm(armed),
        }
    }

    fn armed_state(&self, armed: &Armed) -> Result<ArmedState, RunError> {
        let gate = held(&self.gate).take();
        if let Some(gate) = gate {
            let _ = gate.recv();
        }
        if *held(&self.silent) {
            return Err(RunError::Other("the connection was lost".to_owned()));
        }
        let state = self.inner.armed_state(armed)?;
        if matches!(state, ArmedState::Fired(_))
            && let Some(script) = held(&self.armed).remove(armed)
        {
            // What is armed holds the scripts of the plan as they stand there.
            let known = held(&self.known).clone();
            let inside = known.iter().find(|(one, _)| script.contains(one.as_str()));
            self.script(&inside.unwrap().0)?;
        }
        Ok(held(&self.fate).filter(|_| state == ArmedState::Waiting).unwrap_or(state))
    }

    fn forget(&self, armed: &Armed) -> Result<(), RunError> {
        if matches!(*held(&self.fate), Some(ArmedState::Gone { .. })) {
            // Nobody waits any more, although the world was never told.
            held(&self.armed).remove(armed);
            *held(&self.fate) = Some(ArmedState::Absent);
            return Ok(());
        }
        self.inner.forget(armed)
    }
}

/// A world with its shell and its clock, and a data folder.
pub struct Bench {
    pub world: World,
    pub shell: Arc<Shell>,
    pub clock: Arc<FixedClock>,
    data: Arc<tempfile::TempDir>,
}

impl Bench {
    /// A machine, and what `holdfast.toml` of the folder says where its holder stands.
    pub fn new(machine: Recorded, config: &str) -> Self {
        let data = Arc::new(tempfile::tempdir().unwrap());
        Self::over(data, Arc::new(FixedClock::at(Timestamp(NOW))), machine, config)
    }

    fn over(
        data: Arc<tempfile::TempDir>,
        clock: Arc<FixedClock>,
        machine: Recorded,
        config: &str,
    ) -> Self {
        let machine = machine.clock(Arc::clone(&clock)).seed(clock_seed(&clock));
        let machine = machine.file(format!("{SHOP}/holdfast.toml"), config);
        let mut world = World::recorded(machine);
        let shell = Arc::new(Shell {
            inner: Arc::clone(&world.run),
            files: Arc::clone(&world.files),
            known: Mutex::default(),
            ran: Mutex::default(),
            asked: Mutex::default(),
            armed: Mutex::default(),
            fate: Mutex::default(),
            gate: Mutex::default(),
            deaf: Mutex::default(),
            silent: Mutex::default(),
        });
        world.run = Arc::<Shell>::clone(&shell);
        Self { world, shell, clock, data }
    }

    /// The same record and time, over a machine that looks otherwise.
    pub fn turned_into(&self, machine: Recorded, config: &str) -> Self {
        self.clock.advance(Duration::from_secs(1));
        Self::over(Arc::clone(&self.data), Arc::clone(&self.clock), machine, config)
    }

    /// The data folder.
    pub fn data(&self) -> PathBuf {
        self.data.path().join("data")
    }

    /// A folder beside it.
    pub fn beside(&self, name: &str) -> PathBuf {
        self.data.path().join(name)
    }

    /// A holder that has looked once.
    pub async fn holder(&self) -> Arc<Holder> {
        let holder = Holder::open(&self.world, &self.data(), Options::default()).await.unwrap();
        holder.look(&quiet()).await.unwrap();
        holder
    }

    /// Looks once with a holder of its own, a moment later; what is seen then.
    pub async fn look(&self) -> Arc<View> {
        self.clock.advance(Duration::from_mins(1));
        let holder = self.holder().await;
        let view = holder.view();
        holder.close().await.unwrap();
        view
    }

    /// Writes a file of the machine.
    pub fn write(&self, path: &str, text: &str) {
        let folder = Path::new(path).parent().unwrap();
        self.world.files.make_folder(folder).unwrap();
        let written =
            self.world.files.write_atomic(Path::new("/"), Path::new(path), text.as_bytes());
        written.unwrap();
    }

    /// Takes one away.
    pub fn remove(&self, path: &str) {
        self.world.files.remove(Path::new("/"), Path::new(path)).unwrap();
    }

    /// Reads one.
    pub fn read(&self, path: &str) -> Option<String> {
        let bytes = self.world.files.read(Path::new("/"), Path::new(path), 1 << 20).ok()?;
        Some(String::from_utf8(bytes).unwrap())
    }

    /// Writes `holdfast.toml` anew.
    pub fn configure(&self, text: &str) {
        self.write(&format!("{SHOP}/holdfast.toml"), text);
    }

    /// Plans what mends a control; the plan, whose scripts do what mending and its undo do.
    pub async fn planned(&self, holder: &Holder, who: &str, control: &str) -> PlanView {
        let keys = [open(&holder.view(), control).key];
        let done = does(holder, who, propose(&keys)).await.unwrap();
        let plan = plan_of(holder, done.plan.unwrap());
        let step = &plan.steps[0];
        let (forth, back): (&[Deed], &[Deed]) = match control {
            "kernel-pointers" => (
                &[Deed::Write(RUNNING, "1\n"), Deed::Write(DROP_IN, "kernel.dmesg_restrict = 1\n")],
                &[Deed::Write(RUNNING, "0\n"), Deed::Remove(DROP_IN)],
            ),
            "root-login" => {
                (&[Deed::Write(ROOT_LOGIN, "PermitRootLogin no\n")], &[Deed::Remove(ROOT_LOGIN)])
            }
            other => panic!("nobody says what mends `{other}`"),
        };
        self.shell.when(&step.code, forth);
        self.shell.when(&step.undo, back);
        if !step.precheck.is_empty() {
            self.shell.when(&step.precheck, &[]);
        }
        plan
    }
}

/// Random numbers differ from one holder to the next.
fn clock_seed(clock: &FixedClock) -> u64 {
    use holdfast_world::Clock as _;
    clock.now().0.unsigned_abs()
}

pub fn quiet() -> Say {
    Arc::new(|_| {})
}

pub fn person(name: &str) -> Person {
    Person { name: name.to_owned() }
}

pub fn propose(keys: &[Key]) -> Action {
    Action::Propose { keys: keys.to_vec(), tool: Tool::Shell }
}

/// Somebody does something, to its end.
pub async fn does(holder: &Holder, who: &str, action: Action) -> Result<Done, Failure> {
    holder.do_it(&person(who), action, &quiet(), true).await
}

/// The one problem for which it was not done.
#[track_caller]
pub fn refused(result: Result<Done, Failure>) -> Problem {
    match result {
        Err(Failure::NotDone(problem) | Failure::Ours(problem)) => problem,
        Err(Failure::Usage(mut problems)) => problems.remove(0),
        Ok(done) => panic!("it was done: {done:?}"),
    }
}

/// Every finding of a control.
pub fn of<'v>(view: &'v View, control: &str) -> Vec<&'v FindingView> {
    view.findings.iter().filter(|one| &*one.row.weakness == control).collect()
}

/// The only open finding of a control.
#[track_caller]
pub fn open(view: &View, control: &str) -> FindingView {
    let open: Vec<_> = of(view, control).into_iter().filter(|one| one.open).collect();
    assert_eq!(open.len(), 1, "{control}: {open:#?}");
    open[0].clone()
}

/// The finding of a key.
#[track_caller]
pub fn known(view: &View, key: Key) -> FindingView {
    view.findings.iter().find(|one| one.key == key).unwrap().clone()
}

#[track_caller]
pub fn plan_of(holder: &Holder, id: Digest) -> PlanView {
    holder.view().plans.iter().find(|plan| plan.id == id).unwrap().clone()
}

#[track_caller]
pub fn state_of(holder: &Holder, id: Digest) -> PlanState {
    plan_of(holder, id).state
}

/// Somebody says yes; what is answered.
pub async fn approve(holder: &Holder, who: &str, plan: &PlanView) -> String {
    does(holder, who, Action::Approve { plan: plan.id }).await.unwrap().message
}

/// Carries a plan out.
pub fn apply(plan: &PlanView) -> Action {
    Action::Apply { plan: plan.id }
}

/// A plan of ana's that ben approved.
pub async fn approved(bench: &Bench, control: &str) -> (Arc<Holder>, PlanView) {
    let holder = bench.holder().await;
    let plan = bench.planned(&holder, "ana", control).await;
    assert_eq!(approve(&holder, "ben", &plan).await, "Approved. It may be carried out.");
    (holder, plan)
}
