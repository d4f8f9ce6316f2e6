#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""What a person types: the scripts answer wrong arguments, go on where they can, and end at Control-C.

They are the real scripts, in a source tree that holds nothing else: its configure, its makefile and its tests are a few
lines each, and so is the machine, of which a folder holds the only programs that they find.
"""
import os
import pathlib
import re
import shutil
import signal
import subprocess
import unittest

from lib import harness
from lib.harness import need, poll_until, start, temporary_directory

ROOT = pathlib.Path(__file__).resolve().parents[2]
SCRIPTS = ("script/bench", "script/compare-clients", "script/demo", "script/elsewhere", "script/fuzz",
           "script/image", "script/package", "script/reading", "script/release", "script/simulate", "script/soak",
           "script/talk-first", "script/test", ".ci/run")
# What the scripts find as it is, and what is only there.
REAL = ("awk basename bash cat cp cut date dirname env find getconf grep head ln ls make mkdir mktemp mv nproc printf "
        "python3 rm sed seq sh sleep sort tail tee timeout touch tr uname wc xargs").split()
EMPTY = ("autoreconf automake cc clang curl fish groff jq mandoc ncat nft ip pkg-config promtool ps socat strace "
         "systemd-socket-activate tidy valgrind zsh").split()

CONFIGURE = """#!/bin/sh
case "$*" in *--enable-sanitisers*)
	echo "checking for gcc... gcc"
	echo "configure: error: unrecognized options: --enable-sanitisers" >&2
	exit 1 ;;
esac
cp "${0%/*}/template.mk" Makefile
: >config.status
"""

# Each test is a file of shell script, whatever its name.
MAKEFILE = """
TESTS = tests/e2e/test_bad.py tests/e2e/test_fine.py tests/docs.sh tests/layers.sh tests/unit/check_fine
all: ;
list-tests: ; @printf '%s\\n' $(TESTS)
list-program-tests: ; @printf '%s\\n' $(filter-out tests/layers.sh,$(TESTS))
check: $(TESTS:%=run-%)
$(TESTS:%=run-%): run-%:
	@b='$(basename $*)'; mkdir -p "$$(dirname "$$b")"; $(TESTS_ENVIRONMENT) \\
	s='SOURCE/$*'; [ -e "$$s" ] || s=$$s.c; \\
	if sh "$$s" >"$$b.log" 2>&1; then r=PASS; else r=FAIL; fi; \\
	echo ":test-result: $$r" >"$$b.trs"; echo "$$r: $*"; [ $$r = PASS ]
"""

TESTS = {
    "tests/e2e/test_bad.py": r"""printf '%s\n' 'test_a (__main__.A.test_a) ... FAIL' '=====' \
        'FAIL: test_a (__main__.A.test_a)' '-----' 'Traceback (most recent call last):' \
        '  File "x", line 1, in test_a' 'AssertionError: 5 != 6 : too much' '-----' 'Ran 2 tests' 'test_bad: 1 passed, 1 failed, 0 skipped'; exit 1""",
    "tests/e2e/test_fine.py": "echo 'test_fine: 2 passed, 0 failed, 0 skipped'",
    "tests/docs.sh": "echo 'docs: 3 passed, 0 failed'",
    "tests/layers.sh": "echo 'layers: 5 passed, 0 failed'",
    "tests/unit/check_fine.c": "echo '100%: Checks: 4, Failures: 0, Errors: 0'",
}


class Scripts(unittest.TestCase):
    def setUp(self):
        if not (ROOT / "script/test").exists():
            raise unittest.SkipTest("the scripts are not in this tree")
        need("bash")
        self.root = temporary_directory(self)
        self.programs = self.root / "programs"
        self.programs.mkdir()
        for name in REAL:
            if path := shutil.which(name):
                (self.programs / name).symlink_to(path)
        for name in EMPTY:
            self.program(name, "")
        self.program("aclocal", f"echo {self.programs}")
        self.program("nc", "echo OpenBSD netcat")
        self.program("id", "echo 0")
        (self.programs / "ax_pthread.m4").touch()
        # No test may install a thing on this machine.
        self.program("apt-get", "echo 'E: Unable to locate package' >&2; exit 100")
        parts = (str(path.relative_to(ROOT)) for folder in ("elsewhere.d", "package.d")
                 for path in (ROOT / "script" / folder).iterdir())
        for script in (*SCRIPTS, "script/lib.sh", *parts):
            self.file(script, (ROOT / script).read_text()).chmod(0o755)
        self.file("tests/fuzz/fuzz_one.c", "")
        self.file("tests/e2e/compare_faults.py", "")
        self.file("configure.ac", "")
        self.file("Makefile.am", "")
        self.file("configure", CONFIGURE).chmod(0o755)
        self.file("Makefile.in", "")
        self.file("template.mk", MAKEFILE.replace("SOURCE", str(self.root)))
        for name, text in TESTS.items():
            self.file(name, text)

    def file(self, name, text):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def program(self, name, text):
        path = self.programs / name
        path.unlink(missing_ok=True)
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)

    def environment(self):
        ours = re.compile("HAILD|HAILTO|MAKE|MFLAGS|BASH")
        kept = {name: value for name, value in os.environ.items() if not ours.match(name)}
        return {**kept, "PATH": str(self.programs), "LC_ALL": "C"}

    def run_script(self, *words):
        process = subprocess.run([self.programs / "bash", *words], cwd=self.root, env=self.environment(), text=True,
                                 stdin=subprocess.DEVNULL, capture_output=True, timeout=harness.DEADLINE)
        return process

    def is_refused(self, *words, named):
        process = self.run_script(*words)
        self.assertEqual((process.returncode, process.stdout), (2, ""), process)
        self.assertIn(named, process.stderr)
        self.assertIn("--help", process.stderr)
        self.assertEqual(process.stderr.count("\n"), 2, process)
        self.assertFalse((self.root / "build").exists())


class Arguments(Scripts):
    def test_help(self):
        for script in SCRIPTS:
            for words in (["--help"], ["-x", "--help"]):
                process = self.run_script(script, *words)
                self.assertEqual((process.returncode, process.stderr), (0, ""), script)
                self.assertTrue(process.stdout.startswith(script), process)
        self.assertFalse((self.root / "build").exists())

    def test_unknown_words(self):
        for script in SCRIPTS:
            self.is_refused(script, "nonsense", named="'nonsense'")
        self.is_refused("script/test", "tests/e2e/test_none.py", named="'tests/e2e/test_none.py'")
        self.is_refused("script/test", "--full", "--valgrind", named="exclude each other")
        self.is_refused("script/fuzz", "all", "soon", named="'soon'")
        self.is_refused("script/bench", "--fast", named="'--fast'")
        self.is_refused("script/soak", "19", named="'19'")
        self.is_refused("script/release", "1.2", named="'1.2'")
        self.is_refused("script/release", "1.2.3", "1.2.4", named="1.2.3 and 1.2.4")
        self.is_refused("script/release", "--check", "--tarball", named="exclude each other")
        self.is_refused("script/elsewhere", "trixie", "potato", named="'potato'")
        self.is_refused("script/elsewhere", "--fresh", "--clean", named="exclude each other")
        self.is_refused("script/package", "--fresh", "--clean", named="exclude each other")
        self.is_refused("script/package", "trixie", "jessie", named="'jessie'")

    def test_misspelled_configure_option(self):
        process = self.run_script("script/test", "--enable-sanitisers")
        self.assertEqual(process.returncode, 2)
        self.assertIn("unrecognized options: --enable-sanitisers\n", process.stderr)
        self.assertLessEqual(process.stderr.count("\n"), 3, process)
        self.assertFalse((self.root / "build/variant/enable-sanitisers").exists())


class Packages(Scripts):
    def goes_on(self, *said):
        process = self.run_script("script/test", "tests/e2e/test_fine.py")
        self.assertEqual(process.returncode, 0, process)
        self.assertIn("\n2 passed, 0 failed, 0 skipped\n", process.stdout)
        for text in said:
            self.assertIn(text, process.stdout)
        return process

    def lack(self, *names):
        for name in names:
            (self.programs / name).unlink()

    def test_optional_package_that_apt_does_not_have(self):
        self.lack("mandoc", "groff")
        self.goes_on("Installing with apt: mandoc groff-base", "Unable to locate package",
                     "Not found here:    mandoc groff", "Tests that need it will be skipped.")

    def test_one_package_of_two(self):
        self.lack("mandoc", "groff")
        self.program("apt-get", f'case "$*" in *install*groff*) echo "E: no groff"; exit 100;; *install*mandoc*) '
                                f'cp {self.programs}/curl {self.programs}/mandoc;; esac')
        process = self.goes_on("Not found here:    groff\n", "apt could not install groff-base.")
        self.assertNotIn("Not found here:    mandoc", process.stdout)

    def test_neither_root_nor_sudo(self):
        self.lack("mandoc")
        self.program("id", "echo 1000")
        self.program("apt-get", "echo called >>calls")
        self.goes_on("apt-get install mandoc", "Tests that need it will be skipped.")
        self.assertFalse((self.root / "calls").exists())

    def test_needed_package(self):
        self.lack("automake")
        process = self.run_script("script/test")
        self.assertEqual(process.returncode, 1)
        self.assertIn("Not found here:    automake\n", process.stdout)
        self.assertIn("Then run this again.", process.stderr)
        self.assertFalse((self.root / "build/config.status").exists())


class Outcome(Scripts):
    def test_failures_are_below_the_sum(self):
        process = self.run_script("script/test", "CC=cc")
        self.assertEqual((process.returncode, process.stderr), (1, ""))
        before, sum_line, below = process.stdout.partition("\n10 passed, 1 failed, 0 skipped\n")
        self.assertTrue(sum_line, process)
        self.assertEqual(below, """
tests/e2e/test_bad failed:
    FAIL: test_a (__main__.A.test_a)
    AssertionError: 5 != 6 : too much
  all that it said: build/variant/CC-cc/tests/e2e/test_bad.log
  to run it again:  script/test CC=cc tests/e2e/test_bad.py
""")
        for number in range(1, 5):
            self.assertRegex(before, rf"(?m)^\[{number}/4\] (PASS|FAIL): tests/\S+, \d s$")
        self.assertRegex(before, r"(?m)^That took \d+ s\.$")
        self.assertNotIn("layers", before)  # the same in each build, and so for the plain one

    # What prints them must not die of a reader that has enough: then nothing below is said.
    def test_many_failures_are_cut(self):
        lines = "".join(f"check_fine.c:{i}:F:all:test:{i}: {'x' * 400}\n" for i in range(3000))
        long = self.file("long", lines)
        self.file("tests/unit/check_fine.c",
                  f"cat '{long}'; echo '0%: Checks: 3000, Failures: 3000, Errors: 0'; exit 1")
        for _ in range(5):
            process = self.run_script("script/test", "CC=cc")
            self.assertEqual(process.returncode, 1, process)
            below = process.stdout.partition("tests/unit/check_fine failed:")[2]
            self.assertEqual(below.count("check_fine.c:"), 20)
            self.assertIn("to run it again:  script/test CC=cc tests/unit/check_fine", below)

    def test_what_it_does_meanwhile(self):
        process = self.run_script("script/test", "tests/unit/check_fine")
        self.assertEqual(process.stdout.splitlines()[:4], [
            "Building in build/", "  configure: looks at what is here", "  make: compiles what has changed",
            "  make: compiles the tests"], process)
        self.assertIn("\n4 passed, 0 failed, 0 skipped\n", process.stdout)

    def test_configure_is_made_again(self):
        def is_made():
            return "  autoreconf: " in self.run_script("script/test", "tests/unit/check_fine").stdout

        made = (self.root / "configure").stat().st_mtime
        for source in ("configure.ac", "Makefile.am", "src/local.mk", "tests/unit/local.mk"):
            with self.subTest(source):
                os.utime(self.file(source, ""), (made - 10, made - 10))
                self.assertFalse(is_made())
                os.utime(self.root / source, (made + 10, made + 10))
                self.assertTrue(is_made())
                os.utime(self.root / source, (made - 10, made - 10))

    def test_longest_begins_first(self):
        self.file("build/seconds", "tests/layers.sh 7\ntests/e2e/test_fine.py 9\n")
        self.program("make", f'echo "$*" >>{self.root}/makes; exec {shutil.which("make")} "$@"')
        self.run_script("script/test")
        order = re.search("TESTS=(tests.*) TESTS_ENV", (self.root / "makes").read_text())[1].split()
        self.assertEqual(order, ["tests/e2e/test_fine.py", "tests/layers.sh", "tests/e2e/test_bad.py",
                                 "tests/docs.sh", "tests/unit/check_fine"])


class Elsewhere(Scripts):
    """The table of script/elsewhere, of roots and suites that are made up"""

    # After six options there are the program that enters the root, the root, and the command there.
    UNSHARE = r"""case "$*" in
*/trixie/root*/script/test*)
	tests=$8/usr/src/haild/build/tests; mkdir -p "$tests"; : >"$tests/../check.log"
	printf '%s\n' "test_a (A) ... skipped 'ip is not installed'" "test_b (A) ... skipped 'ip is not installed'" \
		"skipped: no tun" >"$tests/one.log"
	printf '%s\n' '3 passed, 1 failed, 2 skipped' '' 'tests/e2e/test_bad failed:' '    too much'
	exit 1 ;;
*/sid/root*/script/test*) echo "${9#/usr/src/haild/} ${10}"; echo '5 passed, 0 failed, 0 skipped' ;;
*/bookworm/root*/script/test*) echo 'make: no such thing'; exit 1 ;;
*) echo 'gcc 1, glibc 2' ;;
esac"""

    def setUp(self):
        super().setUp()
        for name in ("tar", "uniq"):
            (self.programs / name).symlink_to(shutil.which(name))
        self.program("apt-config", "")
        self.program("debootstrap", 'mkdir -p "$4"; echo "$3" >>made')
        self.program("unshare", self.UNSHARE)

    def test_table(self):
        process = self.run_script("script/elsewhere", "trixie", "sid", "bookworm", "--", "some")
        self.assertEqual((process.returncode, process.stderr), (1, ""), process)
        self.assertIn("\nscript/test some\n", process.stdout)
        before, head, table = process.stdout.partition("\nplace       passed  failed  skipped  versions\n")
        self.assertTrue(head, process)
        self.assertEqual(table, """\
trixie           3       1        2  gcc 1, glibc 2
sid              5       0        0  gcc 1, glibc 2
bookworm         -       -        -  gcc 1, glibc 2; the suite did not run

skipped on trixie:
      2 ip is not installed
      1 no tun

failed on trixie, of which build/elsewhere/trixie/log tells more:

tests/e2e/test_bad failed:
    too much

failed on bookworm, of which build/elsewhere/bookworm/log tells more:
make: no such thing
""")
        self.assertEqual((self.root / "made").read_text(), "trixie\nsid\nbookworm\n")

    def test_root_is_kept_until_a_fresh_one_is_wanted(self):
        for words, made in ((["sid"], 1), (["sid"], 1), (["--fresh", "sid"], 2)):
            process = self.run_script("script/elsewhere", *words)
            self.assertEqual((process.returncode, process.stderr), (0, ""), process)
            self.assertEqual((self.root / "made").read_text().count("sid"), made)
        self.assertEqual(self.run_script("script/elsewhere", "--clean", "sid").returncode, 0)
        self.assertFalse((self.root / "build/elsewhere/sid").exists())

    def test_root_that_cannot_be_made(self):
        self.program("debootstrap", 'mkdir -p "$4"; echo "E: no such mirror"; exit 1')
        process = self.run_script("script/elsewhere", "sid")
        self.assertEqual(process.returncode, 1)
        self.assertIn("E: no such mirror", process.stderr)
        self.assertRegex(process.stdout, r"(?m)^sid +- +- +-  the suite did not run$")
        self.assertFalse((self.root / "build/elsewhere/sid/root").exists())


class Package(Scripts):
    """The table of script/package, of roots, builds and judges that are made up"""

    # What would run in a root is known by its words; packages are files of a few bytes.
    UNSHARE = r"""for word; do case $word in */root) place=$word ;; esac; done
case "$*" in
*dpkg-parsechangelog*) echo 0.1.0-1 ;;
*"cp -a"*) mkdir -p "$place/build/first" "$place/build/second/somewhere/deeper" "$place/build/upgrade/haild/debian" ;;
*/build/first/haild-*) echo "$LOCALE" >"$place/build/first/haild_1.deb" ;;
*/build/second/*)
	case $place in */trixie/*) LOCALE=other ;; esac
	echo "$LOCALE" >"$place/build/second/somewhere/deeper/haild_1.deb" ;;
*/build/upgrade/*) echo 2 >"$place/build/upgrade/haild_2.deb" ;;
*"lintian --version") echo Lintian v1 ;;
*"lintian --display"*) case $place in */sid/*) echo "W: haild: no-good"; exit 1 ;; esac; echo "I: haild: fine" ;;
*dpkg-query*) echo "debhelper 1" ;;
esac"""

    def setUp(self):
        super().setUp()
        for name in ("cmp", "paste", "sha256sum", "tar"):
            (self.programs / name).symlink_to(shutil.which(name))
        for name in ("apt-config", "nsenter"):
            self.program(name, "")
        self.program("dpkg-deb", "echo libc6")
        self.program("debootstrap", 'for place; do case $place in */root.new) mkdir -p "$place"; esac; done')
        self.program("unshare", self.UNSHARE)
        for name in ("debian/changelog", "debian/tests/control", "tests/service/manager.py",
                     "tests/service/packages.py"):
            self.file(name, "")
        self.file("script/service.d/boot", "#!/bin/sh\necho 'packages: 3 passed, 0 failed, 0 skipped'\n").chmod(0o755)

    def test_table(self):
        process = self.run_script("script/package", "bookworm", "trixie", "sid")
        self.assertEqual(process.returncode, 1, process)
        table = process.stdout.partition("\nrelease ")[2].splitlines()[1:]
        self.assertEqual([re.split("  +", row) for row in table], [
            ["bookworm", "passed", "the same", "clean", "3 passed, 0 failed, 0 skipped", "debhelper 1"],
            ["trixie", "passed", "-", "-", "-", "-"],
            ["sid", "passed", "the same", "FAILED", "-", "debhelper 1"]], process)
        self.assertIn("\nW: haild: no-good\n", process.stdout)
        self.assertIn("I: haild: fine\n", process.stdout)
        self.assertEqual((self.root / "build/package/bookworm/packages/haild_1.deb").read_text(), "\n")

    def test_clean(self):
        for words, kept in ((["sid"], ["bookworm"]), ([], [])):
            for release in ("bookworm", "sid"):
                self.file(f"build/package/{release}/builder/root/file", "")
            self.assertEqual(self.run_script("script/package", "--clean", *words).returncode, 0)
            self.assertEqual([path.name for path in self.root.glob("build/package/*")], kept)

    def test_system_in_which_something_fails(self):
        self.file("script/service.d/boot", "#!/bin/sh\necho 'packages: 2 passed, 1 failed, 0 skipped'; exit 1\n")
        process = self.run_script("script/package", "sid")
        self.assertEqual(process.returncode, 1)


class Interruption(Scripts):
    def interrupted(self, number, *words, slow):
        """Sends the signal while the slow file runs, which must end, too."""
        self.file(slow, f"echo $$ >{self.root}/pid.new; mv {self.root}/pid.new {self.root}/pid; exec sleep 1000\n")
        process = start([self.programs / "bash", *words], cwd=self.root, env=self.environment(),
                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        poll_until((self.root / "pid").exists)
        pid = int((self.root / "pid").read_text())
        process.send_signal(number)
        _, errors = process.communicate(timeout=harness.DEADLINE)
        self.assertEqual(process.returncode, 128 + number)
        self.assertFalse(pathlib.Path(f"/proc/{pid}").exists())
        self.assertTrue(errors.endswith(b"\ninterrupted\n"), errors)
        (self.root / "pid").unlink()

    def test_while_it_tests(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            self.interrupted(number, "script/test", slow="tests/e2e/test_fine.py")

    def test_while_it_builds(self):
        for script in ("script/test", "script/demo"):
            self.interrupted(signal.SIGINT, script, slow="configure")

    def test_ci(self):
        self.interrupted(signal.SIGINT, ".ci/run", "test_plain", slow="tests/e2e/test_fine.py")


if __name__ == "__main__":
    harness.main()
