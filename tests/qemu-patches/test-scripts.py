#!/usr/bin/python3
"""Holds the scripts of qemu-patches to what they promise.

They run on a stack of two small patches and a source tree of a few files, whose
configure, build and tests take no time and do as the case wants.

SPDX-License-Identifier: GPL-2.0-or-later
"""

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

SCRIPTS = ("apply", "build", "check", "refresh")
TARGETS = ("arm", "aarch64", "x86_64")
FIRMWARE = ("bios-256k.bin", "vgabios-stdvga.bin", "kvmvapic.bin", "linuxboot_dma.bin",
            "multiboot_dma.bin", "efi-e1000.rom", "npcm7xx_bootrom.bin",
            "npcm8xx_bootrom.bin")

# Each build notes that it took place; $TEST_HOOK acts in the middle of it.
CONFIGURE = """#!/bin/sh
mkdir -p pyvenv/bin
cp ../meson pyvenv/bin/meson
{
    echo 'rule emulator'
    echo '  command = sh ../compile $out'
    echo 'rule regenerate'
    echo '  command = touch $out'
    echo 'build build.ninja: regenerate'
    for target in arm aarch64 x86_64; do
        echo "build qemu-system-$target: emulator ../hw/ipmi/ipmi.c"
    done
    echo 'build tests/qtest/ipmi-kcs-test: emulator ../hw/ipmi/ipmi.c'
    echo 'build tests/qtest/aspeed_smc-test: emulator ../hw/ipmi/ipmi.c'
} > build.ninja
"""

COMPILE = """mkdir -p "$(dirname "$1")"
cat ../hw/ipmi/ipmi.c
echo "$1" >> "$TEST_NOTES"
eval "$TEST_HOOK"
if grep -q '#error' ../hw/ipmi/ipmi.c; then exit 1; fi
printf '#!/bin/sh\\necho emulator\\n' > "$1"
chmod +x "$1"
"""

MESON = """#!/bin/sh
if [ "$2" = --list ]; then
    echo 'qemu:qtest+qtest-x86_64 / qtest-x86_64/ipmi-kcs-test'
    echo 'qemu:qtest+qtest-arm / qtest-arm/aspeed_smc-test'
    echo 'qemu:qtest+qtest-arm / qtest-arm/virtio-test'
    exit
fi
echo "meson $*" >> "$TEST_NOTES"
! grep -q BROKEN ../hw/ipmi/ipmi.c
"""

CHECKPATCH = """#!/usr/bin/perl
@ARGV = $ARGV[-1];
while (<>) { $licence = 1 if /^\\+.*SPDX.*MIT/; print "WARNING: bad style\\n#1: FILE: x:1\\n" if /^\\+.*UGLY/ }
print "WARNING: added, does MAINTAINERS need updating?\\n";
print "WARNING: Saw acceptable license 'MIT' but\\n#2: FILE: x:2\\n" if $licence;
print "total: 0 errors, 1 warnings, 2 lines checked\\n";
"""

GET_MAINTAINER = """#!/usr/bin/perl
print "Some Body\\n" unless $ARGV[-1] =~ /orphan/;
"""


def run(*command, **options):
    """Returns exit status, standard output and standard error."""
    result = subprocess.run(command, text=True, capture_output=True, check=False,
                            stdin=subprocess.DEVNULL, timeout=600, **options)
    return result.returncode, result.stdout, result.stderr


def git(tree, *arguments):
    status, output, errors = run("git", "-C", tree, *arguments)
    assert status == 0, errors
    return output


def write(path, text, mode=0o644):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="ascii") as file:
        file.write(text)
    os.chmod(path, mode)


def read(path):
    with open(path, encoding="ascii") as file:
        return file.read()


def contents(folder):
    """Every file below, with its text, but for what git and quilt keep."""
    found = {}
    for place, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if name not in (".git", ".pc")]
        for name in files:
            path = os.path.join(place, name)
            found[os.path.relpath(path, folder)] = read(path)
    return found


class Case:
    """A copy of the scripts with a stack, a tree and a cache of their own."""

    def __init__(self, scripts, folder):
        self.folder = folder
        self.stack = os.path.join(folder, "qemu-patches")
        self.tree = os.path.join(folder, "qemu")
        self.cache = os.path.join(folder, "cache", "ipmiscope", "qemu")
        self.notes = os.path.join(folder, "notes")
        os.mkdir(self.stack)
        for name in (*SCRIPTS, "common.bash"):
            shutil.copy2(os.path.join(scripts, name), self.stack)
        write(self.notes, "")
        os.environ.update(
            XDG_CACHE_HOME=os.path.join(folder, "cache"), HOME=folder,
            TEST_NOTES=self.notes, TEST_HOOK="", GIT_CONFIG_GLOBAL="/dev/null",
            GIT_CONFIG_SYSTEM="/dev/null", GIT_AUTHOR_DATE="2026-11-01T12:00:00Z", GIT_AUTHOR_NAME="A U Thor",
            GIT_AUTHOR_EMAIL="author@example.org")
        for name in ("CC", "CCACHE_DIR", "GIT_DIR"):
            os.environ.pop(name, None)

        for name, text in (("VERSION", "10.0.13\n"), ("meson", MESON), ("compile", COMPILE),
                           ("hw/ipmi/ipmi.c", "one\ntwo\nthree\n")):
            write(os.path.join(self.tree, name), text)
        for name, text in (("configure", CONFIGURE), ("scripts/checkpatch.pl", CHECKPATCH),
                           ("scripts/get_maintainer.pl", GET_MAINTAINER), ("meson", MESON)):
            write(os.path.join(self.tree, name), text, 0o755)
        write(os.path.join(self.tree, "python/wheels/meson-1.5.0-py3-none-any.whl"), "")
        write(os.path.join(self.tree, ".gitignore"), "/build\n")
        for name in FIRMWARE:
            write(os.path.join(self.tree, "pc-bios", name), "firmware\n")
        self.pristine = contents(self.tree)
        self.make_stack(("first", {"hw/ipmi/ipmi.c": "one\ntwo\nTHREE\n"}),
                        ("second", {"hw/ipmi/ipmi.c": "one\nTWO\nTHREE\n",
                                    "hw/ipmi/new.c": "new\n"}))

    def make_stack(self, *patches):
        """A stack of one patch for each (subject, {file: text})."""
        work = os.path.join(self.folder, "work")
        shutil.rmtree(work, ignore_errors=True)
        shutil.copytree(self.tree, work, ignore=shutil.ignore_patterns(".git", ".pc"))
        self.make_git(work)
        for subject, files in patches:
            for name, text in files.items():
                write(os.path.join(work, name), text)
            git(work, "add", "-A")
            git(work, "-c", "user.name=C O", "-c", "user.email=c@example.org",
                "commit", "-q", "-s", "-m", subject)
        self.expect(0, self.run("refresh", work, "base"))
        self.patched = contents(work)

    @staticmethod
    def make_git(tree):
        git(tree, "init", "-q")
        git(tree, "add", "-A")
        git(tree, "-c", "user.name=C O", "-c", "user.email=c@example.org",
            "commit", "-q", "-m", "base")
        git(tree, "tag", "base")

    def run(self, script, *arguments, **options):
        return run(os.path.join(self.stack, script), *arguments, **options)

    @staticmethod
    def expect(status, result, *texts):
        """The exit status, and what standard error has to say."""
        assert result[0] == status, f"exit status {result[0]}, not {status}:\n{result[2]}"
        for text in texts:
            assert text in result[2], f"no {text!r} in:\n{result[2]}"
        return result[1]

    def without(self, *programs):
        """An environment in which these programs are not found."""
        place = os.path.join(self.folder, "bin")
        os.mkdir(place)
        for folder in reversed(os.environ["PATH"].split(":")):
            if not os.path.isdir(folder):
                continue
            for name in os.listdir(folder):
                if name not in programs:
                    link = os.path.join(place, name)
                    if os.path.lexists(link):
                        os.unlink(link)
                    os.symlink(os.path.join(folder, name), link)
        return {**os.environ, "PATH": place}

    def builds(self):
        """How often the emulator for Arm was built."""
        return read(self.notes).count("qemu-system-arm\n")

    def results(self):
        """The directories in the cache that hold an emulator to be used."""
        if not os.path.isdir(self.cache):
            return []
        return [name for name in os.listdir(self.cache)
                if os.path.exists(os.path.join(self.cache, name, "qemu-system-arm"))]

    def build(self, *arguments, **options):
        return self.run("build", "--source", self.tree, *arguments, **options)

    def check(self, *arguments, **options):
        return self.run("check", "--source", self.tree, *arguments, **options)


def help_and_arguments(case):
    for script in SCRIPTS:
        status, output, errors = case.run(script, "--help")
        assert status == 0 and not errors and f"usage: qemu-patches/{script}" in output
        assert "Exit status" in output
        case.expect(2, case.run(script, "--wrong", "--wrong"), "--help")
    case.expect(2, case.run("apply"), "--help")
    case.expect(2, case.run("build", "--source"), "--source needs a path")


def apply_git(case):
    case.make_git(case.tree)
    output = case.expect(0, case.run("apply", case.tree))
    assert "applied 2 patches to QEMU 10.0.13" in output and "git am" in output
    assert contents(case.tree) == case.patched
    assert git(case.tree, "log", "--format=%s %an", "base..") == \
        "second A U Thor\nfirst A U Thor\n"
    case.expect(1, case.run("apply", case.tree), "has the patches already")


def apply_quilt(case):
    output = case.expect(0, case.run("apply", case.tree))
    assert "quilt pop -a" in output
    assert contents(case.tree) == case.patched
    case.expect(1, case.run("apply", case.tree), "has the patches already")
    status, _, errors = run("quilt", "pop", "-a", cwd=case.tree)
    assert status == 0, errors
    assert contents(case.tree) == case.pristine


def apply_patch(case):
    output = case.expect(0, case.run("apply", case.tree, env=case.without("quilt")))
    assert "by patch" in output
    assert contents(case.tree) == case.patched
    case.expect(1, case.run("apply", case.tree), "has the patches already")


def apply_nested(case):
    """A tree inside somebody else's git tree is none."""
    git(case.folder, "init", "-q")
    output = case.expect(0, case.run("apply", case.tree))
    assert "quilt" in output
    assert contents(case.tree) == case.patched


def apply_conflict(case):
    """All or nothing, in each of the three ways."""
    name = os.path.join(case.tree, "hw/ipmi/new.c")
    write(name, "in the way\n")             # of the second patch, not the first
    before = contents(case.tree)
    case.expect(1, case.run("apply", case.tree), "nothing changed")
    assert contents(case.tree) == before
    case.expect(1, case.run("apply", case.tree, env=case.without("quilt")),
                "0002-second.patch does not apply", "nothing changed")
    assert contents(case.tree) == before
    case.make_git(case.tree)
    case.expect(1, case.run("apply", case.tree), "nothing changed")
    assert contents(case.tree) == before
    assert git(case.tree, "status", "--porcelain") == ""
    assert git(case.tree, "rev-parse", "HEAD") == git(case.tree, "rev-parse", "base")


def apply_refused(case):
    version = os.path.join(case.tree, "VERSION")
    for wrong in ("9.2.4", "10.1.0", "10.0.50", "100.0.1", "10.0"):
        write(version, wrong + "\n")
        case.expect(1, case.run("apply", case.tree), f"is QEMU {wrong};", "10.0.x")
    write(version, "10.0.0\n")
    case.make_git(case.tree)
    write(version, "10.0.1\n")
    case.expect(1, case.run("apply", case.tree), "M VERSION", "has changes")
    git(case.tree, "checkout", "-q", "VERSION")
    os.mkdir(os.path.join(case.tree, ".git/rebase-apply"))
    case.expect(1, case.run("apply", case.tree), "under way")
    assert git(case.tree, "status", "--porcelain") == ""
    case.expect(1, case.run("apply", case.folder), "no QEMU source tree")
    case.expect(1, case.run("apply", case.folder + "/nowhere"), "no such directory")


def series(case):
    """The series says which patches there are."""
    path = os.path.join(case.stack, "series")
    names = [line for line in read(path).split("\n") if not line.startswith("#")]
    write(path, "\n# a comment\n" + names[0] + " -p1\n")
    output = case.expect(0, case.run("apply", case.tree))
    assert "applied 1 patches" in output
    assert read(case.tree + "/hw/ipmi/ipmi.c") == "one\ntwo\nTHREE\n"
    write(path, "missing.patch\n")
    case.expect(1, case.run("apply", case.tree), "names missing.patch")
    write(path, "# nothing\n")
    case.expect(1, case.run("apply", case.tree), "names no patch")
    os.unlink(path)
    case.expect(1, case.run("apply", case.tree), "no file")


def refresh(case):
    """Whatever git is told to do, the same commits make the same files."""
    work = os.path.join(case.folder, "work")
    before = contents(case.stack)
    for key, value in (("diff.noprefix", "true"), ("format.signature", "me"),
                       ("format.numbered", "true"), ("diff.renames", "copies"),
                       ("core.abbrev", "20"), ("format.useAutoBase", "true"),
                       ("diff.context", "1"), ("format.subjectPrefix", "RFC")):
        git(work, "config", key, value)
    case.expect(0, case.run("refresh", work, "base"))
    assert contents(case.stack) == before
    for message, text in (("fixup! first", "squashed first"), ("unsigned", "Signed-off-by")):
        write(work + "/extra", message)
        git(work, "add", "extra")
        git(work, "-c", "user.name=C", "-c", "user.email=c@x", "commit", "-q", "-m", message)
        case.expect(1, case.run("refresh", work, "base"), text, message)
        git(work, "reset", "-q", "--hard", "HEAD^")
    case.expect(1, case.run("refresh", work, "HEAD"), "no commits")
    assert contents(case.stack) == before


def build(case):
    """Built once; again when something that goes in has changed."""
    output = case.expect(0, case.build())
    place = output.strip()
    assert output == place + "\n"
    for target in TARGETS:
        assert run(f"{place}/qemu-system-{target}")[1] == "emulator\n"
    for name in FIRMWARE:
        assert os.path.exists(f"{place}/qemu-bundle/usr/local/share/qemu/{name}"), name
    assert case.expect(0, case.build()) == output
    assert case.builds() == 1
    assert contents(case.tree) == case.pristine

    case.make_stack(("other", {"hw/ipmi/ipmi.c": "other\n"}))
    other = case.expect(0, case.build())
    assert other != output and case.builds() == 2
    write(case.tree + "/hw/ipmi/ipmi.h", "changed\n")
    assert case.expect(0, case.build()) not in (output, other) and case.builds() == 3
    assert len(case.results()) == 3


def build_archive(case):
    archive = case.folder + "/qemu-10.0.13.tar.xz"
    status, _, errors = run("tar", "-C", case.folder, "-cJf", archive, "qemu")
    assert status == 0, errors
    output = case.expect(0, case.run("build", f"--source={archive}"))
    assert os.path.exists(output.strip() + "/qemu-system-x86_64")
    write(archive, "no archive\n")
    case.expect(1, case.run("build", "--source", archive), "cannot unpack")
    case.expect(1, case.run("build", "--source", case.folder + "/no"), "no such file")
    write(case.tree + "/VERSION", "10.2.0\n")
    case.expect(1, case.build(), "is QEMU 10.2.0")
    assert len(case.results()) == 1


def build_failed(case):
    """What fails leaves nothing that looks done, and the next run gets over it."""
    case.make_stack(("broken", {"hw/ipmi/ipmi.c": "#error broken\n"}))
    case.expect(1, case.build(), "FAILED:", "#error broken", "the build failed")
    assert not case.results()
    case.make_stack(("good", {"hw/ipmi/ipmi.c": "good\n"}))
    os.unlink(case.tree + "/pc-bios/npcm8xx_bootrom.bin")
    if not os.path.exists("/usr/share/qemu/npcm8xx_bootrom.bin"):
        case.expect(1, case.build(), "no firmware npcm8xx_bootrom.bin")
    assert not case.results()
    write(case.tree + "/pc-bios/npcm8xx_bootrom.bin", "firmware\n")
    write(case.tree + "/configure", "#!/bin/sh\necho ERROR: no glib\nexit 1\n", 0o755)
    case.expect(1, case.build(), "ERROR: no glib", "configure failed")
    write(case.tree + "/configure", CONFIGURE, 0o755)
    case.expect(0, case.build())
    case.expect(1, case.build(env=case.without("ninja")), "not found: ninja", "tools/setup")


def build_interrupted(case):
    for number in (signal.SIGKILL, signal.SIGTERM, signal.SIGINT):
        os.environ["TEST_HOOK"] = (
            f'if [ "$1" = qemu-system-arm ]; then touch {case.folder}/reached; sleep 300; fi')
        process = subprocess.Popen(
            [case.stack + "/build", "--source", case.tree], start_new_session=True,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        while not os.path.exists(case.folder + "/reached"):
            assert process.poll() is None, "it ended by itself"
            time.sleep(0.01)
        os.killpg(process.pid, number)
        output, _ = process.communicate(timeout=600)
        assert not output and process.returncode != 0
        assert not case.results()
        os.unlink(case.folder + "/reached")
    os.environ["TEST_HOOK"] = ""
    case.expect(0, case.build())
    assert len(case.results()) == 1


def build_together(case):
    """One builds, as slowly as it takes the others to find that it does."""
    logs = [f"{case.folder}/log{i}" for i in range(3)]
    os.environ["TEST_HOOK"] = (
        f'for i in $(seq 600); do [ "$(cat {" ".join(logs)} | grep -c "waiting for it")" = 2 ] '
        "&& break; sleep 0.1; done")
    processes = []
    for log in logs:
        with open(log, "wb") as errors:
            processes.append(subprocess.Popen([case.stack + "/build", "--source", case.tree],
                                              text=True, stdout=subprocess.PIPE, stderr=errors))
    outputs = {process.communicate(timeout=600)[0] for process in processes}
    assert [process.returncode for process in processes] == [0, 0, 0], list(map(read, logs))
    assert len(outputs) == 1
    assert case.builds() == 1


def rows(output):
    """The table: a list of cells for each row, without the times."""
    table = [line.split() for line in output.splitlines()]
    assert table[0][0] == "patch"
    return {cells[0]: " ".join(cells[1:]) for cells in table[1:]}


def check(case):
    """Everything once; after a change, from there on."""
    output = case.expect(0, case.check())
    table = rows(output)
    assert sorted(table) == ["0", "1", "2"]
    for number, subject, tests in (("0", "the source without", 2), ("1", "first ok", 1),
                                   ("2", "second ok", 2)):
        assert table[number].startswith(subject), table
        assert f" {tests} ok," in table[number], table
    # Those of other devices are not run, that of the flash only first and last.
    notes = read(case.notes)
    assert notes.count("meson") == 3 and "virtio" not in notes
    assert notes.count("aspeed_smc-test\n") >= 2
    assert case.expect(0, case.check()) == output
    assert case.expect(0, case.check("--last")) == output
    assert read(case.notes) == notes

    case.make_stack(("first", {"hw/ipmi/ipmi.c": "one\ntwo\nTHREE\n"}),
                    ("changed", {"hw/ipmi/ipmi.c": "one\nTwo\nTHREE\n"}))
    assert rows(case.expect(0, case.check()))["2"].startswith("changed ok")
    assert read(case.notes).count("meson") == 4
    assert contents(case.tree) == case.pristine


def check_last(case):
    table = rows(case.expect(0, case.check("--last")))
    assert table["1"] == "first ok - -", table
    assert " 2 ok," in table["2"], table
    assert read(case.notes).count("meson") == 2
    # What was only read counts as not checked.
    assert " 1 ok," in rows(case.expect(0, case.check()))["1"]
    assert read(case.notes).count("meson") == 3


def check_failed(case):
    """Each thing that is looked at can fail, and later patches are not looked at."""
    good = ("good", {"hw/ipmi/ipmi.c": "good\n"})
    last = ("last", {"hw/ipmi/ipmi.c": "last\n"})
    for text, cells, reason in (
            ("int UGLY;\n", "bad ok bad - -", "WARNING: bad style"),
            ("#error no\n", "bad ok failed -", "#error no"),
            ("ipmi.c:1:2: warning: odd\n", "bad ok warned -", "warning: odd"),
            ("BROKEN\n", "failed", "bad: failed")):
        case.make_stack(good, ("bad", {"hw/ipmi/ipmi.c": text}), last)
        result = case.check()
        case.expect(1, result, reason, "bad: failed")
        table = rows(result[1])
        assert sorted(table) == ["0", "1", "2"], table
        assert table["2"].endswith(cells.removeprefix("bad ok ")), (cells, table)
        case.expect(1, case.check(), reason)
    case.make_stack(good, ("bad", {"hw/ipmi/orphan.c": "x\n"}), last)
    case.expect(1, case.check(), "nobody maintains hw/ipmi/orphan.c")
    case.make_stack(("bad", {"hw/ipmi/x.c": "SPDX: MIT\n"}), last)
    case.expect(1, case.check(), "Saw acceptable license", "bad: failed")
    case.make_stack(("moved\n\nThe text is that of the MIT licence.",
                     {"hw/ipmi/x.c": "SPDX: MIT\n"}))
    case.expect(0, case.check())
    write(case.tree + "/scripts/checkpatch.pl", "#!/bin/sh\necho no perl\n", 0o755)
    case.make_stack(good)
    case.expect(1, case.check(), "checkpatch.pl failed", "no perl")
    write(case.tree + "/scripts/checkpatch.pl", CHECKPATCH, 0o755)
    # A warning of the source itself is not the patches' fault.
    case.make_stack(good)
    write(case.tree + "/hw/ipmi/ipmi.c", "ipmi.c:7: warning: old\n")
    case.make_stack(("more", {"hw/ipmi/ipmi.c": "ipmi.c:9: warning: old\nmore\n"}))
    case.expect(0, case.check())


CASES = {"help": help_and_arguments, "apply-git": apply_git, "apply-quilt": apply_quilt,
         "apply-patch": apply_patch, "apply-nested": apply_nested,
         "apply-conflict": apply_conflict, "apply-refused": apply_refused,
         "series": series, "refresh": refresh, "build": build,
         "build-archive": build_archive, "build-failed": build_failed,
         "build-interrupted": build_interrupted, "build-together": build_together,
         "check": check, "check-last": check_last, "check-failed": check_failed}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--stack", required=True, help="the directory qemu-patches")
    parser.add_argument("case", choices=CASES)
    arguments = parser.parse_args()
    for program in ("quilt", "ninja", "git", "patch"):
        if not shutil.which(program):
            print(f"SKIPPED: NOT tested: no {program}; tools/setup installs it")
            sys.exit(77)
    with tempfile.TemporaryDirectory() as folder:
        CASES[arguments.case](Case(arguments.stack, folder))


if __name__ == "__main__":
    main()
