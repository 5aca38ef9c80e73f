"""The rules of the house (docs/ARCHITECTURE.md), read off the sources and the built objects."""

import os
import re
import subprocess

import pytest

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
RUNTIME = os.path.join(TOP, "runtime")

# Which folders a folder may include directly; what those may include comes with it.
MAY = {
    "base": [], "http": ["base"], "platform": ["base"], "event": ["platform"], "config": ["platform"],
    "sample": ["http", "config"], "match": ["sample"], "rules": ["match"], "net": ["event"], "tls": ["net"],
    "log": ["event", "sample"], "table": ["event", "sample"], "resolve": ["net"],
    "proxy": ["rules", "tls", "log", "table", "resolve"], "stream": ["proxy"],
    "balance": ["stream"], "health": ["stream"], "fetches": ["stream"], "converters": ["stream"], "actions": ["stream"],
    "admin": ["health"], "lua": ["admin"], "keywords": ["balance", "lua"],
}

# What the C library would do behind the platform's back.
FORBIDDEN = set("""
time clock clock_gettime clock_getres gettimeofday nanosleep clock_nanosleep usleep sleep alarm setitimer timerfd_create
localtime localtime_r gmtime gmtime_r mktime timegm strftime tzset
socket socketpair bind listen accept accept4 connect send sendto sendmsg recv recvfrom recvmsg shutdown setsockopt
getsockopt getsockname getpeername select poll ppoll epoll_create epoll_create1 epoll_ctl epoll_wait epoll_pwait eventfd
pipe pipe2 dup dup2 dup3 fcntl fcntl64 ioctl
open open64 openat creat close read write pread pread64 pwrite pwrite64 readv writev lseek fsync fopen fopen64 fdopen
freopen fclose fread fwrite fgets fgetc fputs fputc puts putchar printf fprintf vprintf vfprintf dprintf perror remove
rename unlink rmdir mkdir stat stat64 fstat fstat64 lstat access opendir readdir readdir64 closedir scandir mkstemp
tmpfile tmpnam realpath getcwd chdir chroot mmap mmap64 munmap syslog openlog
__printf_chk __fprintf_chk __vfprintf_chk __fdelt_chk stdin stdout stderr
getrandom getentropy rand rand_r srand random srandom drand48 arc4random
fork vfork execve execv execvp posix_spawn posix_spawnp system popen waitpid wait kill raise signal sigaction sigprocmask
signalfd exit _exit _Exit quick_exit atexit getpid getppid gethostname uname getuid setuid getgid setgid getrlimit
setrlimit getrlimit64 setrlimit64 prlimit getrusage sched_yield pthread_create setlocale
getenv secure_getenv setenv unsetenv putenv environ __environ
getaddrinfo gethostbyname gethostbyname_r getnameinfo inet_pton inet_ntop res_query qsort qsort_r strtok
getpwnam getgrnam getpwuid dlopen dlsym
""".split())


def closure():
    whole = {}

    def of(folder):
        if folder not in whole:
            whole[folder] = {folder}
            for below in MAY[folder]:
                whole[folder] |= of(below)
        return whole[folder]

    for folder in MAY:
        of(folder)
    return whole


ALLOWED = closure()


def sources(top, *endings):
    for root, _, names in os.walk(top):
        for name in sorted(names):
            if name.endswith(endings):
                yield os.path.join(root, name)


def folder_of(path):
    parts = os.path.relpath(path, RUNTIME).split(os.sep)
    return parts[0] if len(parts) > 1 else None


def test_includes_point_downward():
    wrong = []
    for path in sources(RUNTIME, ".c", ".h"):
        folder = folder_of(path)
        test = path.endswith(("_test.c", "_test.h")) or os.path.basename(path) in ("test.h", "test_main.c", "cfg_test_fake.h")
        for line in open(path, encoding="utf8"):
            found = re.match(r'#\s*include "([^"]+)"', line)
            if not found:
                continue
            into = found.group(1).split("/")[0] if "/" in found.group(1) else None
            if into is not None and into not in MAY:
                wrong.append(f"{path}: {found.group(1)} is in no known folder")
            elif folder is not None and (into is None or into not in ALLOWED[folder]) and not test:
                wrong.append(f"{os.path.relpath(path, TOP)} includes {found.group(1)}")
    assert not wrong, "\n".join(wrong)


def test_the_simulator_judges_from_outside():
    wrong = []
    for path in sources(os.path.join(TOP, "sim"), ".c", ".h"):
        for line in open(path, encoding="utf8"):
            found = re.match(r'#\s*include "([^"]+)"', line)
            if not found:
                continue
            name = found.group(1)
            test = path.endswith("_test.c")
            if not (name.startswith(("base/", "sim/", "platform/")) or name == "node.h" or (test and name.startswith("platform/"))):
                wrong.append(f"{os.path.relpath(path, TOP)} includes {name}")
    assert not wrong, "\n".join(wrong)


@pytest.fixture(scope="module")
def symbols(request):
    """{folder or None: {object: [(kind, name)]}} of the built library."""
    build = os.path.abspath(request.config.getoption("--build"))
    library = os.path.join(build, "libruntime.a")
    if not os.path.exists(library):
        pytest.fail(f"{library} is not built")
    by_stem = {}
    for path in sources(RUNTIME, ".c"):
        by_stem[os.path.basename(path) + ".o"] = folder_of(path)
    found, current = {}, None
    for line in subprocess.run(["nm", library], capture_output=True, text=True, check=True).stdout.splitlines():
        if line.endswith(":"):
            current = line[:-1]
            continue
        parts = line.split()
        if len(parts) >= 2 and current:
            found.setdefault(current, []).append((parts[-2], parts[-1]))
    return {name: (by_stem[name], entries) for name, entries in found.items() if name in by_stem}


def test_only_the_platform_touches_the_system(symbols):
    wrong = []
    for name, (folder, entries) in symbols.items():
        if folder == "platform":
            continue
        for kind, symbol in entries:
            if kind == "U" and symbol.split("@")[0] in FORBIDDEN:
                wrong.append(f"{folder}/{name} uses {symbol}")
    assert symbols and not wrong, "\n".join(wrong)


def test_nothing_writable_at_file_scope(request, symbols):
    library = os.path.join(os.path.abspath(request.config.getoption("--build")), "libruntime.a")
    listed = subprocess.run(["objdump", "-t", library], capture_output=True, text=True, check=True).stdout
    wrong, current = [], None
    for line in listed.splitlines():
        found = re.match(r"(\S+\.o):\s+file format", line)
        if found:
            current = found.group(1)
        parts = re.match(r"[0-9a-f]+ .{7} (\S+)\t([0-9a-f]+)\s+(?:\.hidden )?(\S+)", line)
        if not parts or current not in symbols:
            continue
        section, size, symbol = parts.groups()
        writable = section.startswith((".data", ".bss", ".tdata", ".tbss", "*COM*")) and not section.startswith(".data.rel.ro")
        if writable and int(size, 16) and not symbol.startswith((".", "__gcov", "__llvm", "__asan", "__odr", "__ubsan")):
            wrong.append(f"{symbols[current][0]}/{current}: {symbol} in {section}")
    assert symbols and not wrong, "\n".join(wrong)


def test_no_upward_link_and_no_cycle(symbols):
    defined = {}
    for name, (folder, entries) in symbols.items():
        for kind, symbol in entries:
            if kind in "TRDB":
                defined[symbol] = folder
    wrong = set()
    for name, (folder, entries) in symbols.items():
        if folder is None:
            continue
        for kind, symbol in entries:
            target = defined.get(symbol)
            if kind == "U" and symbol in defined and target != folder and (target is None or target not in ALLOWED[folder]):
                wrong.add(f"{folder}/{name} calls {symbol} of {target or 'the top'}")
    assert not wrong, "\n".join(sorted(wrong))


def test_no_two_files_share_a_name():
    seen, twice = {}, []
    for top in (RUNTIME, os.path.join(TOP, "sim")):
        for path in sources(top, ".c"):
            name = os.path.basename(path)
            if name in seen and name != "main.c":
                twice.append(f"{path} and {seen[name]}")
            seen[name] = path
    assert not twice, "\n".join(twice)


def test_each_file_says_what_it_is():
    silent = [os.path.relpath(p, TOP) for top in (RUNTIME, os.path.join(TOP, "sim"))
              for p in sources(top, ".c", ".h") if not open(p, encoding="utf8").read(2) == "/*"]
    assert not silent, "\n".join(silent)


def test_the_project_speaks_of_itself_alone():
    listed = subprocess.run(["git", "ls-files"], cwd=TOP, capture_output=True, text=True, check=True).stdout.splitlines()
    wrong = []
    for name in listed:
        if name == "pytests/test_house.py":
            continue
        try:
            text = open(os.path.join(TOP, name), encoding="utf8").read()
        except (UnicodeDecodeError, FileNotFoundError):
            continue
        for word in ("/work/", "deb.debian.org", "/root/"):
            if word in text:
                wrong.append(f"{name}: {word}")
    assert not wrong, "\n".join(wrong)


def test_each_row_is_documented(request, tmp_path):
    """docs/WORDS.md is what the rows say (`./dev words` writes it)."""
    binary = os.path.join(os.path.abspath(request.config.getoption("--build")), "lockstep")
    conf = tmp_path / "words.cfg"
    conf.write_text("listen words\n    bind 127.0.0.1:1\n")
    said = subprocess.run([binary, "-dKall", "-q", "-c", "-f", str(conf)], capture_output=True, text=True, check=True).stdout
    with open(os.path.join(TOP, "docs", "WORDS.md"), encoding="utf8") as file:
        written = [line.strip() for line in file.read().split("\n\n", 2)[2].splitlines()]
    assert written == [line.strip() for line in said.splitlines()], "docs/WORDS.md is old: ./dev words"
