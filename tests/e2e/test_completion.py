#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Completion in shells: what a TAB makes of a command line of haild or hailto in bash, fish and zsh."""
import grp
import pathlib
import pwd
import re
import socket
import subprocess
import types
import unittest

from lib import harness, shells
from lib.harness import need, run, temporary_directory

ROOT = pathlib.Path(__file__).resolve().parents[2]
USER = pwd.getpwuid(0).pw_name
GROUP = grp.getgrgid(0).gr_name
FILES = {"bash": ("bash/haild", "bash/hailto"), "fish": ("fish/haild.fish", "fish/hailto.fish"),
         "zsh": ("zsh/_haild", "zsh/_hailto")}


def options(program):
    """The options that --help shows: their names, each with its letter or "", its value or "", and its help."""
    rows = re.findall(r"^  (?:-(.),|   ) --([a-z0-9-]+)(\[?=[A-Z]+\]?)? +(.*)$", run(program, "--help").stdout.decode(),
                      re.MULTILINE)
    return {name: (letter, value, text) for letter, name, value, text in rows}


def make_home(tests):
    """A folder with the completions, some files, a socket, and a program that nothing else is called like."""
    class_as_test = types.SimpleNamespace(addCleanup=tests.addClassCleanup)
    home = temporary_directory(class_as_test)
    shells.install(home)
    for name in ("plain.txt", "a greeting.txt", "run.txt"):
        (home / name).touch()
    (home / "folder").mkdir()
    program = home / "bin" / "greetingtool"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    server = socket.socket(socket.AF_UNIX)
    server.bind(str(home / "run.sock"))
    server.close()
    return home


class Files(unittest.TestCase):
    """What the build has made."""

    def test_syntax(self):
        for shell, names in FILES.items():
            with self.subTest(shell):
                need(shell)
                for name in names:
                    result = subprocess.run([shell, "-n", shells.COMPLETIONS / name], capture_output=True)
                    self.assertEqual((result.returncode, result.stdout, result.stderr), (0, b"", b""))

    def test_shellcheck(self):
        need("shellcheck")
        result = subprocess.run(["shellcheck", *(shells.COMPLETIONS / name for name in FILES["bash"])],
                                capture_output=True, text=True)
        self.assertEqual((result.returncode, result.stdout), (0, ""))

    def test_have_all_options(self):
        forms = {"bash": "--{} ", "fish": " -l {} ", "zsh": "--{}["}
        for program in ("haild", "hailto"):
            names = options(program)
            self.assertGreater(len(names), 20)
            for shell, form in forms.items():
                text = (shells.COMPLETIONS / next(name for name in FILES[shell] if program in name)).read_text()
                self.assertNotIn("@", re.sub(r"\$\{?[^ ]*@|\$@|\[@\]|\(@\)|@\)", "", text))
                for name in names:
                    if shell == "zsh" and names[name][1]:
                        self.assertIn(f"--{name}=", text)
                    else:
                        self.assertIn(form.format(name), text, shell)


class Readme(unittest.TestCase):
    """The lines of README.md that bring completion to a shell from the folder of the build."""

    def setUp(self):
        section = (ROOT / "README.md").read_text().partition("\n## Completion\n")[2].partition("\n## ")[0]
        lines = re.findall(r"^    (.*?) +# (.*)$", section, re.MULTILINE)
        self.lines = {shell: line for line, shell in lines}
        self.home = temporary_directory(self)
        (self.home / "build").symlink_to(shells.COMPLETIONS.parent)
        (self.home / "bin").symlink_to(shells.COMPLETIONS.parent / "src")

    def test_lines(self):
        self.assertEqual(sorted(self.lines), ["bash", "fish", "zsh"])
        for shell, line in self.lines.items():
            with self.subTest(shell):
                need(shell)
                with getattr(shells, shell)(self.home, line) as started:
                    self.assertEqual(started.complete("haild --log=js").line.rstrip(), "haild --log=json")
                    self.assertEqual(started.complete("hailto --wait=").line.rstrip(), "hailto --wait=60s")


class Completing:
    """What holds in each shell. A subclass says how it is started: once, since that takes longer than a test."""

    @classmethod
    def setUpClass(cls):
        need(cls.program)
        cls.home = make_home(cls)
        cls.shell = cls.enterClassContext(cls.start())

    def completes(self, line, to, more=""):
        """A TAB makes `to` of the last word, and what follows is one of `more` or nothing but a blank."""
        completed = self.shell.complete(line)
        expected = line[:line.rindex(" ") + 1] + to
        self.assertIn(completed.line, {expected + end for end in ("", " ", *more)}, completed)

    def leaves(self, line):
        """A TAB changes and shows nothing."""
        completed = self.shell.complete(line)
        self.assertEqual(completed.line, line, completed)
        self.assertNotIn("  ", completed.shown.replace(line, "").strip(), completed)

    def shows(self, line, *words, but=()):
        """A TAB shows these words, maybe among others."""
        completed = self.shell.complete(line)
        shown = {word.rstrip("=") for word in completed.shown.split()}
        self.assertLessEqual(set(words), shown, completed)
        self.assertFalse(shown & set(but), completed)

    def test_options(self):
        self.shows("haild --lo", "--log", "--log-time")
        self.shows("haild --me", "--message", "--message-file", "--metrics")
        self.shows("hailto --wa", "--wait")
        self.completes("haild --message-f", "--message-file", more="=")
        self.completes("hailto --verb", "--verbose")
        self.shows("hailto -", "--wait", "-W", "--expect", "--help", "-h")

    def test_each_option_once(self):
        self.leaves("haild --log-time --log-t")
        self.leaves("haild -q --qui")
        self.leaves("haild -eq --exp")
        self.leaves("haild -n 7 --coun")
        self.shows("haild --log=json --lo", "--log-time", but=["--log"])
        self.shows("haild -fplain.txt -", "--listen", "-e", but=["--message-file", "-f"])
        # The value's letters are none of the options.
        self.completes("haild -mtext --exp", "--expand")

    def test_options_that_may_be_repeated(self):
        self.completes("haild --allow=::1 --allo", "--allow", more="=")
        self.completes("haild -v --verb", "--verbose")

    def test_nothing_beside_help(self):
        self.leaves("haild --help --lo")
        self.leaves("hailto -V --wa")

    def test_no_options_after_dashes(self):
        self.leaves("haild -- --lo")
        self.leaves("hailto -- --wa")

    def test_words(self):
        self.completes("haild --log=js", "--log=json")
        self.completes("haild --log js", "json")
        self.shows("haild --log ", "text", "json")
        self.completes("hailto --send-proxy=lo", "--send-proxy=local")
        self.completes("hailto --wait=", "--wait=60s")
        self.completes("haild --socket-mode=66", "--socket-mode=66", more="06")
        self.completes("haild --idle ", "5s")
        self.leaves("haild --message ")

    def test_value_that_may_be_left_out_is_no_word(self):
        self.completes("hailto -W localhos", "localhost")
        self.completes("hailto --wait localhos", "localhost")

    def test_files(self):
        self.completes("haild -f pl", "plain.txt")
        self.completes("haild --message-file pl", "plain.txt")
        self.completes("haild --message-file=pl", "--message-file=plain.txt")
        self.completes("haild --deny-file=fol", "--deny-file=folder/")

    def test_sockets(self):
        self.completes("hailto unix:ru", "unix:run.sock")
        self.completes("haild -l unix:ru", "unix:run.sock")
        self.completes("haild --listen=unix:ru", "--listen=unix:run.sock")
        self.completes("haild --listen=unix:fol", "--listen=unix:folder/")
        self.leaves("haild --listen=unix:pla")
        self.completes("hailto uni", "unix:")

    def test_addresses_and_ports(self):
        self.completes("haild -l localhos", "localhost")
        self.completes("haild --listen=127.0.0.", "--listen=127.0.0.1")
        self.completes("hailto -s 127.0.0.", "127.0.0.1")
        self.leaves("hailto -s localhos")
        self.completes("hailto localhost:", "localhost:12345")
        self.completes("hailto localhost:123", "localhost:12345")
        self.completes("hailto localhost 123", "12345")
        self.completes("hailto '[::1]' 123", "12345")
        self.completes("haild --metrics=localhost:123", "--metrics=localhost:12345")
        self.completes("haild -p 123", "12345")

    def test_users_and_groups(self):
        self.completes(f"haild --user={USER}", f"--user={USER}")
        self.completes(f"haild --user={USER}:{GROUP}", f"--user={USER}:{GROUP}")

    def test_servers(self):
        self.completes("hailto localhos", "localhost")
        self.completes("hailto -W localhost:7 localhos", "localhost")
        self.leaves("hailto localhost 7 localhos")
        self.leaves("hailto localhost 7 123")
        self.leaves("haild localhos")

    def test_command(self):
        self.completes("hailto localhost:7 -- greetingto", "greetingtool")
        self.completes("hailto -b 10 localhost -- greetingto", "greetingtool")
        self.completes("hailto --bytes 10 -W localhost:7 unix:run.sock -- greetingto", "greetingtool")
        self.completes("hailto -- localhost:7 -- greetingto", "greetingtool")
        self.completes("hailto localhost:7 -- cat pl", "plain.txt")
        # These dashes are before all servers, or a value.
        self.leaves("hailto -b 10 -- greetingto")
        self.leaves("hailto localhost:7 -E -- greetingto")
        self.leaves("haild -- -- greetingto")


class Bash(Completing, unittest.TestCase):
    program = "bash"
    setup = ()

    @classmethod
    def start(cls):
        load = (f"for file in {cls.home}/share/bash-completion/completions/*; do . \"$file\"; done",)
        return shells.bash(cls.home, *load, *cls.setup)

    def test_quotes(self):
        self.completes("haild -f a", "a\\ greeting.txt")
        self.assertEqual(self.shell.complete('haild -f "a gr').line.rstrip(), 'haild -f "a greeting.txt"')
        self.assertEqual(self.shell.complete("haild -f a\\ gr").line.rstrip(), "haild -f a\\ greeting.txt")
        self.assertEqual(self.shell.complete("haild '--log=js").line.rstrip(), "haild '--log=json'")

    def test_value_in_the_word_of_its_letter(self):
        self.completes("haild -fpl", "-fplain.txt")
        self.completes("haild -vfpl", "-vfplain.txt")
        self.completes("haild -lunix:ru", "-lunix:run.sock")

    def test_redirections(self):
        self.completes("hailto localhost >pl", ">plain.txt")
        self.completes("hailto localhost 2> pl", "plain.txt")
        self.completes("hailto localhost 2>plain.txt 123", "12345")

    def test_value_that_looks_like_an_option(self):
        self.completes("haild -m --expand --exp", "--expand")

    def test_abbreviations(self):
        self.completes("haild --message-f pl", "plain.txt")
        self.completes("haild --message-f=pl", "--message-f=plain.txt")

    def test_long_names_ask_for_their_value(self):
        self.assertEqual(self.shell.complete("haild --message-f").line, "haild --message-file=")
        self.assertEqual(self.shell.complete("haild --log-t").line, "haild --log-time ")

    def test_amid_a_line(self):
        self.completes("true && X=1 haild --log=js", "--log=json")
        self.assertEqual(self.shell.complete("haild --log=js", after=" -q").line, "haild --log=json -q")
        self.assertEqual(self.shell.complete("haild --message-f", after="x -q").line, "haild --message-file=x -q")


class BashOfOtherWords(Bash):
    """Some take the = and the : from what separates words."""
    setup = ("COMP_WORDBREAKS=${COMP_WORDBREAKS//[:=]}",)


class BashOfStrictShell(Bash):
    """What a user has set must not hurt."""
    setup = ("set -u; shopt -s nullglob failglob; IFS=,",)


class BashWithPackage(Bash):
    """Beside the package bash-completion, which finds the files by their names."""

    @classmethod
    def setUpClass(cls):
        if not shells.BASH_PACKAGE.exists():
            raise unittest.SkipTest("no bash-completion here")
        super().setUpClass()

    @classmethod
    def start(cls):
        return shells.bash(cls.home, f". {shells.BASH_PACKAGE}", "complete -W 'alpha beta' greetingtool")

    def test_command_completes_as_it_does_alone(self):
        self.completes("hailto --expect=-- localhost:7 -- greetingtool al", "alpha")


class Zsh(Completing, unittest.TestCase):
    program = "zsh"

    @classmethod
    def start(cls):
        return shells.zsh(cls.home, "_greetingtool() { compadd alpha beta }; compdef _greetingtool greetingtool")

    def test_descriptions(self):
        shown = self.shell.complete("haild -").shown + self.shell.complete("hailto -").shown
        for program in ("haild", "hailto"):
            for name, (_, _, text) in options(program).items():
                self.assertRegex(shown, rf"--{name} [^\n]*-- {re.escape(text)}\s")

    def test_value_in_the_word_of_its_letter(self):
        self.completes("haild -fpl", "-fplain.txt")
        self.completes("haild -vfpl", "-vfplain.txt")

    def test_command_completes_as_it_does_alone(self):
        self.completes("hailto localhost:7 -- greetingtool al", "alpha")


class Fish(Completing, unittest.TestCase):
    program = "fish"

    @classmethod
    def start(cls):
        return shells.fish(cls.home, "complete -c greetingtool -f -a 'alpha beta'")

    def test_descriptions(self):
        for program in ("haild", "hailto"):
            offers = self.shell.offers(f"{program} --")
            for name, (_, _, text) in options(program).items():
                self.assertEqual(offers[f"--{name}"], text)

    def test_command_completes_as_it_does_alone(self):
        self.completes("hailto localhost:7 -- greetingtool al", "alpha")


if __name__ == "__main__":
    harness.main()
