//! Maps a file into memory, and outlives its shrinking.
//!
//! A page of a map that lies beyond the new end of its file raises SIGBUS when it is touched, which kills the
//! process; and audit logs are rotated (`copytruncate`) under their readers every day. So every live map stands
//! in a table, and a handler for SIGBUS puts a page of zeros where the file is gone and marks the map as torn:
//! the reader goes on, meets records that are none, and says that the file shrank. Faults elsewhere go to the
//! handler that was there before.
//!
//! Where there is no such signal (Windows, which on its part refuses to truncate a mapped file and so would
//! break the rotation of somebody else's log), or no free place in the table, nothing is mapped and the caller
//! reads the file.

#![allow(unsafe_code)]

#[cfg(unix)]
use memmap2::{Advice, UncheckedAdvice};
use memmap2::{Mmap, MmapOptions};
use std::fs::File;
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

/// A file in memory, as long as it was when it was mapped.
pub struct Map {
    // Stands before `bytes`, so that the handler forgets the addresses before they are unmapped.
    guard: guard::Guard,
    bytes: Mmap,
    done: Mutex<Done>,
}

/// Memory is given back in steps: each interrupts all threads.
const STEP: usize = 4 << 20;
/// What the system maps as one page where it can, and must first cut up to take a part of it back.
const HUGE: usize = 2 << 20;
/// Parts that lie behind one that nobody is done with, at most.
const APART: usize = 1024;

/// What is done with.
#[derive(Default)]
struct Done {
    /// So much is given back.
    from: usize,
    /// Up to here all is done with.
    to: usize,
    /// What lies behind.
    apart: Vec<Range<usize>>,
}

impl Done {
    /// Answers what is to be given back now. `base` is the address of the map.
    fn add(&mut self, range: Range<usize>, base: usize) -> Option<Range<usize>> {
        self.apart.push(range);
        while let Some(at) = self.apart.iter().position(|next| next.start <= self.to) {
            self.to = self.to.max(self.apart.swap_remove(at).end);
        }
        if self.apart.len() > APART {
            // Somebody keeps a part, or passed it over: it stays, or comes back when it is touched.
            self.to = self.apart.drain(..).map(|range| range.end).fold(self.to, usize::max);
        }
        let end = (base + self.to) / HUGE * HUGE;
        let end = end.checked_sub(base).filter(|end| *end >= self.from + STEP)?;
        Some(std::mem::replace(&mut self.from, end)..end)
    }
}

impl Map {
    /// Maps the first `len` bytes of a file. `None` where that cannot be done safely; read it instead.
    pub fn of(file: &File, len: usize) -> Option<Map> {
        let guard = guard::Guard::claim()?;
        // SAFETY: the map is read-only. Should the file shrink, the guard below keeps every page
        // readable. Should another process write to it, bytes may change between two looks at them, which
        // readers of bytes survive: indices are checked, and text is validated where it is used.
        let bytes = unsafe { MmapOptions::new().len(len).map(file) }.ok()?;
        guard.cover(&bytes);
        // Only advice: a kernel that does not know it reads ahead less far.
        #[cfg(unix)]
        let _ = bytes.advise(Advice::Sequential);
        Some(Map { guard, bytes, done: Mutex::default() })
    }

    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// A part is done with: its memory is given back when that of all before it is. Touching it again reads it again.
    pub fn release(&self, range: Range<usize>) {
        let base = self.bytes.as_ptr() as usize;
        let range = self.done.lock().unwrap_or_else(PoisonError::into_inner).add(range, base);
        // SAFETY: nothing was ever written to the map, so its pages come back with what the file holds, or,
        // where the file is gone, with the zeros that stand there already.
        #[cfg(unix)]
        let _ = range.map(|range| unsafe {
            self.bytes.unchecked_advise_range(UncheckedAdvice::DontNeed, range.start, range.len())
        });
        #[cfg(not(unix))]
        let _ = range;
    }

    /// Whether zeros stand somewhere in place of bytes that the file no longer has.
    pub fn torn(&self) -> bool {
        self.guard.torn()
    }
}

#[cfg(unix)]
mod guard {
    use std::ptr::null_mut;
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

    /// One live map. `start` is 0 while there is none.
    struct Entry {
        taken: AtomicBool,
        start: AtomicUsize,
        len: AtomicUsize,
        torn: AtomicBool,
    }

    /// As many maps as are live at once; more inputs than that are read.
    const ENTRIES: usize = 1024;

    static TABLE: [Entry; ENTRIES] = [const {
        Entry {
            taken: AtomicBool::new(false),
            start: AtomicUsize::new(0),
            len: AtomicUsize::new(0),
            torn: AtomicBool::new(false),
        }
    }; ENTRIES];

    /// What the handler needs: the size of a page, and who handled the signal before.
    struct Installed {
        page: usize,
        before: libc::sigaction,
    }

    static INSTALLED: OnceLock<Option<Installed>> = OnceLock::new();

    impl Entry {
        /// Whether the address lies in this map. Asks for `start` twice, as the entry may change hands meanwhile.
        fn holds(&self, address: usize) -> bool {
            let start = self.start.load(Ordering::Acquire);
            let len = self.len.load(Ordering::Acquire);
            start != 0 && address.wrapping_sub(start) < len && self.start.load(Ordering::Acquire) == start
        }
    }

    /// A place in the table.
    pub struct Guard(&'static Entry);

    impl Guard {
        pub fn claim() -> Option<Guard> {
            INSTALLED.get_or_init(install).as_ref()?;
            TABLE.iter().find(|entry| !entry.taken.swap(true, Ordering::AcqRel)).map(Guard)
        }

        pub fn cover(&self, bytes: &[u8]) {
            self.0.torn.store(false, Ordering::Release);
            self.0.len.store(bytes.len(), Ordering::Release);
            self.0.start.store(bytes.as_ptr() as usize, Ordering::Release);
        }

        pub fn torn(&self) -> bool {
            self.0.torn.load(Ordering::Acquire)
        }
    }

    impl Drop for Guard {
        fn drop(&mut self) {
            self.0.start.store(0, Ordering::Release);
            self.0.taken.store(false, Ordering::Release);
        }
    }

    fn install() -> Option<Installed> {
        // SAFETY: sysconf has no preconditions; both structures are plain data for which all zeros are valid,
        // and live for the call; the handler does only what a signal handler may do.
        unsafe {
            let page = usize::try_from(libc::sysconf(libc::_SC_PAGESIZE)).ok()?;
            let mut ours: libc::sigaction = std::mem::zeroed();
            ours.sa_sigaction = on_fault as *const () as libc::sighandler_t;
            ours.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
            libc::sigemptyset(&mut ours.sa_mask);
            let mut before: libc::sigaction = std::mem::zeroed();
            (libc::sigaction(libc::SIGBUS, &ours, &mut before) == 0).then_some(Installed { page, before })
        }
    }

    /// Runs on the thread that touched the page, between two of its instructions: atomics and system calls only.
    extern "C" fn on_fault(signal: libc::c_int, info: *mut libc::siginfo_t, context: *mut libc::c_void) {
        // Set before the first map exists; a signal that somebody sends earlier than that gets the default.
        let installed = INSTALLED.get().and_then(Option::as_ref);
        if let Some(installed) = installed {
            // SAFETY: the kernel hands SA_SIGINFO handlers a valid structure, and `si_addr` is set for faults;
            // of a signal that was sent (`si_code` <= 0) it is not read.
            let fault = unsafe { ((*info).si_code > 0).then(|| (*info).si_addr() as usize) };
            if fault.is_some_and(|address| patch(address, installed.page)) {
                return;
            }
        }
        pass_on(installed, signal, info, context);
    }

    /// Puts a page of zeros at the address if that lies in one of our maps.
    fn patch(address: usize, page: usize) -> bool {
        let Some(entry) = TABLE.iter().find(|entry| entry.holds(address)) else { return false };
        entry.torn.store(true, Ordering::Release);
        // SAFETY: the page belongs to one of our live maps (the faulting thread holds it), so nothing else is
        // replaced; it is unmapped together with the rest of that map.
        let zeros = unsafe {
            libc::mmap(
                (address & !(page - 1)) as *mut libc::c_void,
                page,
                libc::PROT_READ,
                libc::MAP_PRIVATE | libc::MAP_ANON | libc::MAP_FIXED,
                -1,
                0,
            )
        };
        zeros != libc::MAP_FAILED
    }

    /// Does what would have been done without us.
    fn pass_on(
        installed: Option<&Installed>,
        signal: libc::c_int,
        info: *mut libc::siginfo_t,
        context: *mut libc::c_void,
    ) {
        let handler = installed.map_or(libc::SIG_DFL, |installed| installed.before.sa_sigaction);
        if handler == libc::SIG_DFL || handler == libc::SIG_IGN {
            return die(signal);
        }
        let flags = installed.map_or(0, |installed| installed.before.sa_flags);
        // SAFETY: the value is a handler that somebody installed with exactly these flags, which say its type.
        unsafe {
            if flags & libc::SA_SIGINFO != 0 {
                type Long = extern "C" fn(libc::c_int, *mut libc::siginfo_t, *mut libc::c_void);
                std::mem::transmute::<libc::sighandler_t, Long>(handler)(signal, info, context);
            } else {
                type Short = extern "C" fn(libc::c_int);
                std::mem::transmute::<libc::sighandler_t, Short>(handler)(signal);
            }
        }
    }

    /// Takes our handler away and sends the signal again: it arrives when we return.
    fn die(signal: libc::c_int) {
        // SAFETY: all three may be called in a signal handler, and the structure is plain data.
        unsafe {
            let mut default: libc::sigaction = std::mem::zeroed();
            default.sa_sigaction = libc::SIG_DFL;
            libc::sigaction(signal, &default, null_mut());
            libc::raise(signal);
        }
    }
}

#[cfg(not(unix))]
mod guard {
    /// Never made: nothing is mapped here.
    pub enum Guard {}

    impl Guard {
        pub fn claim() -> Option<Guard> {
            None
        }

        pub fn cover(&self, _: &[u8]) {}

        pub fn torn(&self) -> bool {
            false
        }
    }
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use std::os::unix::process::ExitStatusExt;

    fn pages(count: usize) -> File {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&vec![b'x'; count * 65536]).unwrap();
        file
    }

    #[test]
    fn pages_that_are_gone_read_as_zeros() {
        let file = pages(4);
        let (map, other) = (Map::of(&file, 4 * 65536).unwrap(), Map::of(&pages(1), 65536).unwrap());
        assert!(map.bytes().iter().all(|byte| *byte == b'x'));
        assert!(!map.torn());
        file.set_len(65536).unwrap();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| assert!(map.bytes()[65536..].iter().all(|byte| *byte == 0)));
            }
        });
        assert!(map.bytes()[..65536].iter().all(|byte| *byte == b'x'));
        assert!(map.torn() && !other.torn());
    }

    #[test]
    fn memory_is_given_back_in_steps_once_all_before_it_is_done_with() {
        let (base, mib) = (5 * 4096, 1 << 20);
        let mut done = Done::default();
        let mut back: Vec<Range<usize>> = Vec::new();
        for at in [1, 0, 2, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13] {
            assert_eq!(done.add(at * mib..(at + 1) * mib, base), None, "{at}");
        }
        back.extend(done.add(3 * mib..4 * mib, base));
        back.extend((14..40).filter_map(|at| done.add(at * mib..(at + 1) * mib, base)));
        assert!(
            back.len() >= 3 && back[0].start == 0 && back.windows(2).all(|two| two[0].end == two[1].start)
        );
        assert!(back.iter().all(|range| (base + range.end) % HUGE == 0 && range.len() >= STEP));
        // What was passed over holds nothing up for ever.
        let parts = (50..).map(|at| done.add(at * mib..(at + 1) * mib, base));
        assert!(parts.take(2 * APART).any(|range| range.is_some()));
    }

    #[test]
    fn places_in_the_table_are_given_back() {
        let file = pages(1);
        for _ in 0..3000 {
            assert_eq!(Map::of(&file, 10).unwrap().bytes(), b"xxxxxxxxxx");
        }
    }

    /// Runs one of the tests below, which end or starve their process, in a process of its own.
    fn alone(name: &str) -> std::process::ExitStatus {
        let run = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", &format!("metal::map::tests::{name}")])
            .env("KAUDIT_TEST_ALONE", "1")
            .output();
        run.unwrap().status
    }

    fn is_alone() -> bool {
        std::env::var_os("KAUDIT_TEST_ALONE").is_some()
    }

    #[test]
    fn faults_elsewhere_are_as_deadly_as_ever() {
        if !is_alone() {
            let status = alone("faults_elsewhere_are_as_deadly_as_ever");
            return assert_eq!(status.signal(), Some(libc::SIGBUS));
        }
        let file = pages(2);
        let _guarded = Map::of(&file, 65536).unwrap();
        // SAFETY: it is not safe, and that is the point.
        let bare = unsafe { MmapOptions::new().map(&file) }.unwrap();
        file.set_len(0).unwrap();
        std::hint::black_box(bare[70_000]);
    }

    #[test]
    fn nothing_is_mapped_without_a_place_in_the_table() {
        if !is_alone() {
            return assert!(alone("nothing_is_mapped_without_a_place_in_the_table").success());
        }
        let file = pages(1);
        let maps: Vec<_> = (0..1024).map(|_| Map::of(&file, 10).unwrap()).collect();
        assert!(Map::of(&file, 10).is_none());
        drop(maps);
        assert!(Map::of(&file, 10).is_some());
    }
}
