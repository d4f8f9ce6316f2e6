#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""script/release: it refuses what is not ready in one line each, and makes the same tarball twice.

It is the real script in a small repository of its own, whose configure, makefile and suite are a few lines each. git,
make, tar and xz are those of the machine; the compiler and the autotools only seem to be there, and it is always TODAY.
"""
import hashlib
import os
import pathlib
import re
import subprocess
import tarfile
import unittest

from lib import harness
from lib.harness import need, temporary_directory

ROOT = pathlib.Path(__file__).resolve().parents[2]
REAL = ("script/release", "script/lib.sh", "tests/version.sh", "tests/sources.sh")
TODAY = "2026-12-24"
# What a fresh machine has, and a test must not install.
PRETENDED = "apt-get autoconf autoreconf automake cc pkg-config sudo".split()

CONFIGURE = """#!/bin/sh
cp "${0%/*}/template.mk" Makefile
"""

# The tarball is what git has; FLAW is a line of shell that may spoil it.
MAKEFILE = """
v = haild-1.2.3
all:
check: ; @echo '# PASS:  5'
distcheck: dist
dist:
	mkdir $v && cd .. && git archive HEAD | tar -xf - -C build/$v && cd build && { FLAW; } && \\
	tar -chf - $v | xz -c >$v.tar.xz && rm -r $v
install:
	mkdir -p '$(DESTDIR)/usr/sbin' && cp haild '$(DESTDIR)/usr/sbin/haild'
"""


class Release(unittest.TestCase):
    def setUp(self):
        if not (ROOT / "script/release").exists():
            raise unittest.SkipTest("the scripts are not in this tree")
        need("bash", "git", "make", "sha256sum", "tar", "xz")
        self.folder = temporary_directory(self)
        self.root = self.folder / "tree"
        self.programs = self.folder / "programs"
        for name in PRETENDED:
            self.file(f"../programs/{name}", "#!/bin/sh\nexit 0\n")
        self.file("../programs/aclocal", f"#!/bin/sh\necho {self.programs}\n")
        self.file("../programs/ax_pthread.m4", "")
        self.file("../programs/date", f"#!/bin/sh\necho {TODAY}\n")
        for name in REAL:
            self.file(name, (ROOT / name).read_text())
        self.file("script/test", "#!/bin/sh\nmkdir build && ./configure && mv Makefile build/\n"
                                 "echo '7 passed, 0 failed, 1 skipped'\n")
        self.file("configure.ac", "AC_INIT([haild], [1.2.3])\n")
        self.file("configure", CONFIGURE)
        self.file("template.mk", MAKEFILE.replace("FLAW", ":"))
        self.file("haild", "#!/bin/sh\necho haild 1.2.3\n")
        self.file("man/haild.8", "haild 1.2.3\n")
        self.file(".gitignore", "/build/\n")
        self.news(f"1.2.3 ({TODAY})")
        self.git("init", "--quiet", "--initial-branch=main")
        self.commit()

    def file(self, name, text):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(0o755)

    def news(self, heading):
        self.file("NEWS.md", f"# News\n\n## {heading}\n\n- a change\n\n## 1.2.2 (2026-11-27)\n\n- the first\n")

    def run_command(self, *words):
        ours = re.compile("GIT_|HAILD|HAILTO|MAKE|MFLAGS|BASH|TAR_|XZ_|SOURCE_DATE")
        kept = {name: value for name, value in os.environ.items() if not ours.match(name)}
        person = {f"GIT_{name}": "a@example.org"
                  for name in ("AUTHOR_NAME", "AUTHOR_EMAIL", "COMMITTER_NAME", "COMMITTER_EMAIL")}
        env = {**kept, **person, "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1", "LC_ALL": "C",
               "HOME": str(self.folder), "PATH": f"{self.programs}:{os.environ['PATH']}"}
        return subprocess.run(words, cwd=self.root, env=env, text=True, stdin=subprocess.DEVNULL,
                              capture_output=True, timeout=harness.DEADLINE)

    def git(self, *words):
        process = self.run_command("git", *words)
        self.assertEqual(process.returncode, 0, process)
        return process.stdout.strip()

    def commit(self):
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message=a change")

    def release(self, *words):
        return self.run_command("bash", "script/release", *words)

    def is_refused(self, *said, words=("1.2.3",)):
        """Refused in a line for each text, which it contains, and nothing is made."""
        process = self.release(*words)
        self.assertEqual((process.returncode, process.stdout), (1, ""), process)
        lines = process.stderr.splitlines()
        self.assertEqual(len(lines), len(said), process)
        for line, text in zip(lines, said):
            self.assertIn(text, line)
        self.assertFalse((self.root / "build").exists())


class Readiness(Release):
    def test_ready(self):
        for words in (["--check"], ["--check", "1.2.3"]):
            process = self.release(*words)
            self.assertEqual((process.returncode, process.stderr), (0, ""), process)
            self.assertEqual(process.stdout, "haild 1.2.3 is ready for script/release 1.2.3\n")
        self.assertFalse((self.root / "build").exists())

    def test_changed_tree(self):
        self.file("haild", "changed")
        self.is_refused("differs from its commit: haild")
        self.file("new", "")
        self.is_refused("differs from its commit: haild new", words=["--tarball"])

    def test_another_branch(self):
        self.git("checkout", "--quiet", "-b", "feature")
        self.is_refused("this is feature, and releases are made from main")
        self.git("checkout", "--quiet", "--detach")
        self.is_refused("this is no branch")

    def test_tag(self):
        self.git("tag", "v1.2.3")
        self.is_refused("v1.2.3 is a tag already")

    def test_version_in_configure(self):
        self.is_refused("configure.ac has version 1.2.3, not 1.3.0", "NEWS.md begins with", words=["1.3.0"])

    def test_version_elsewhere(self):
        self.file("man/haild.8", "haild 1.2.2\n")
        self.commit()
        self.is_refused("man/haild.8:1 names 1.2.2, and configure.ac 1.2.3")

    def test_news_lacks_the_version(self):
        self.file("NEWS.md", "# News\n\n## 1.2.2 (2026-11-27)\n")
        self.commit()
        self.is_refused("NEWS.md:3 is about 1.2.2, and configure.ac 1.2.3",
                        f'NEWS.md begins with "## 1.2.2 (2026-11-27)", and must with "## 1.2.3 ({TODAY})"')

    def test_date_of_news(self):
        for date in ("unreleased", "2026-12-23"):
            self.news(f"1.2.3 ({date})")
            self.commit()
            self.is_refused(f'NEWS.md begins with "## 1.2.3 ({date})"')

    def test_debian_changelog(self):
        self.file("debian/changelog", "haild (1.2.3-1) UNRELEASED; urgency=medium\n")
        self.commit()
        self.is_refused("debian/changelog is UNRELEASED")
        self.file("debian/changelog", "haild (1.2.2-1) unstable; urgency=medium\n")
        self.commit()
        self.is_refused("debian/changelog, and configure.ac 1.2.3: haild (1.2.2-1) unstable")
        self.file("debian/changelog", "haild (1.2.3-1) unstable; urgency=medium\n")
        self.commit()
        self.assertEqual(self.release("--check").returncode, 0)

    def test_no_repository(self):
        (self.root / ".git").rename(self.folder / "git")
        self.is_refused("no clone of the repository")


class Making(Release):
    def tarball(self):
        return self.root / "build/release/haild-1.2.3.tar.xz"

    def fails(self, said, *words):
        process = self.release(*(words or ["1.2.3"]))
        self.assertEqual(process.returncode, 1, process)
        self.assertIn(said, process.stderr)
        self.assertFalse(self.tarball().exists())

    def spoil(self, name, text):
        self.file(name, text)
        self.commit()

    def test_release(self):
        process = self.release("1.2.3")
        self.assertEqual((process.returncode, process.stderr), (0, ""), process)
        for text in ("    7 passed, 0 failed, 1 skipped\n", "    the same, byte for byte\n", "    PASS:  5\n",
                     "  gpg --armor --detach-sign build/release/SHA256SUMS\n",
                     f"  git tag -s v1.2.3 -m 'haild 1.2.3' {self.git('rev-parse', 'HEAD')}\n"):
            self.assertIn(text, process.stdout)
        digest = hashlib.sha256(self.tarball().read_bytes()).hexdigest()
        self.assertEqual((self.tarball().parent / "SHA256SUMS").read_text(), f"{digest}  haild-1.2.3.tar.xz\n")
        self.assertIn(f"{digest}  haild-1.2.3.tar.xz\n", process.stdout)
        self.assertEqual([path.name for path in self.tarball().parent.iterdir() if path.is_dir()], [])
        self.assertEqual(self.git("tag"), "")
        self.assertEqual(self.git("status", "--porcelain"), "")

    def test_what_is_in_the_tarball_is_from_the_commit_alone(self):
        self.assertEqual(self.release("--tarball").returncode, 0)
        first = self.tarball().read_bytes()
        time = int(self.git("log", "-1", "--format=%ct"))
        with tarfile.open(self.tarball()) as tar:
            members = tar.getmembers()
        self.assertEqual({(m.mtime, m.uid, m.gid, m.uname, m.gname) for m in members}, {(time, 0, 0, "", "")})
        self.assertLessEqual({oct(m.mode & 0o777) for m in members}, {"0o755", "0o644"})
        names = [m.name for m in members]
        self.assertIn("haild-1.2.3/haild", names)
        self.assertEqual(names, sorted(names))
        self.git("checkout", "--quiet", "--detach")
        self.git("tag", "v1.2.3")
        self.assertEqual(self.release("--tarball").returncode, 0)
        self.assertEqual(self.tarball().read_bytes(), first)

    def test_tarballs_that_differ(self):
        self.spoil("template.mk", MAKEFILE.replace("FLAW", "pwd >$v/place"))
        self.fails("do not make the same tarball")
        self.fails("do not make the same tarball", "--tarball")

    def test_suite_that_fails(self):
        self.spoil("script/test", "#!/bin/sh\necho '1 passed, 1 failed, 0 skipped'; exit 1\n")
        self.fails("1 passed, 1 failed, 0 skipped")

    def test_tarball_that_needs_autotools(self):
        self.spoil("configure", CONFIGURE + "case $PWD in */unpacked/*) autoconf || exit ;; esac\n")
        self.fails("autoconf is not here")

    def test_tarball_of_another_program(self):
        self.spoil("haild", "#!/bin/sh\necho haild 1.2.2\n")
        self.fails("haild 1.2.2")


if __name__ == "__main__":
    harness.main()
