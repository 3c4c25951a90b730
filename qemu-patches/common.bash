# What apply, build and check share. Sourced, not run.
#
# SPDX-License-Identifier: GPL-2.0-or-later

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
program=qemu-patches/$(basename "$0")
cache=${XDG_CACHE_HOME:-~/.cache}/ipmiscope/qemu

# Upstream's stable releases of this series; 10.0.50 and up is what became 10.1.
version_pattern='10\.0\.([0-9]|[1-4][0-9])'

targets=(arm aarch64 x86_64)
configure_options=(
    --target-list="$(printf '%s-softmmu,' "${targets[@]}")"
    --without-default-features --enable-system --enable-tcg --enable-fdt=system
    --disable-docs --disable-download --disable-install-blobs
    # Debug information would triple the size and the time of a build.
    --extra-cflags=-g0
)

say() { echo "$program: $*" >&2; }
die() { say "$*"; exit 1; }
usage_error() { say "$* (see $program --help)"; exit 2; }

# need PROGRAM...: all of them, or say how to get them
need() {
    local name missing=()
    for name; do
        command -v "$name" >/dev/null || missing+=("$name")
    done
    [ "${#missing[@]}" -eq 0 ] ||
        die "not found: ${missing[*]}. tools/setup installs what is needed on Debian."
}

# The patches in the order of the file series, as absolute names
list_patches() {
    [ -r "$here/series" ] || die "no file $here/series"
    local name
    while read -r name _; do
        case $name in "" | \#*) continue ;; esac
        [ -r "$here/$name" ] || die "$here/series names $name, which is not there"
        echo "$here/$name"
    done < "$here/series"
}

# Sets patches. A function of its own, since die in <(...) would end nothing.
read_series() {
    local list
    list=$(list_patches) || exit
    mapfile -t patches <<<"$list"
    [ -n "$list" ] || die "$here/series names no patch"
}

# check_version TREE
check_version() {
    local version
    [ -r "$1/VERSION" ] && [ -x "$1/configure" ] && [ -d "$1/hw/ipmi" ] ||
        die "$1 is no QEMU source tree (it has no VERSION, configure or hw/ipmi)"
    version=$(<"$1/VERSION")
    [[ $version =~ ^$version_pattern$ ]] ||
        die "$1 is QEMU $version; the patches are for 10.0.x. Check out stable-10.0 or a tag v10.0.x."
}

digest() { sha256sum | cut -c 1-16; }

# Says what a tree holds by names, sizes and times, as reading it all takes long.
tree_digest() {
    (cd "$1" && find . \( -path ./.git -o -path './build*' \) -prune -o \
        -type f -printf '%p %s %T@\n') | LC_ALL=C sort | digest
}

# apt-get with a state of its own, which knows Debian 13 and leaves the system's
# state alone; works for any user.
own_apt() {
    local apt=$cache/apt
    apt-get -q -o Dir::Etc::SourceList="$apt/sources.list" -o Dir::Etc::SourceParts=/dev/null \
        -o Dir::State::Lists="$apt/lists" -o Dir::Cache="$apt/cache" \
        -o APT::Sandbox::User=root -o Acquire::Languages=none \
        -o Acquire::Check-Valid-Until=false "$@" >&2
}

start_own_apt() {
    local apt=$cache/apt keyring=/usr/share/keyrings/debian-archive-keyring.gpg site
    site=$(apt-get indextargets --format '$(SITE)' 'Origin: Debian' 'Label: Debian' | head -n 1)
    [ -n "$site" ] ||
        die "apt knows no Debian mirror. Run \"apt-get update\", or see /etc/apt/sources.list*."
    [ -r "$keyring" ] || die "no $keyring: install debian-archive-keyring"
    mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial"
    printf "%s [signed-by=$keyring] $site trixie main\n" deb deb-src > "$apt/sources.list"
    own_apt update || die "apt-get update failed, see above; is $site within reach?"
}

# Sets base, an archive or a tree, and base_id. Without an argument the base is
# Debian 13's qemu: the upstream release without firmware images.
find_base() {
    if [ -n "${1-}" ]; then
        if [ -d "$1" ]; then
            base=$(cd "$1" && pwd)
            check_version "$base"
            base_id=$(tree_digest "$base")
        elif [ -f "$1" ]; then
            base=$(realpath "$1")
            base_id=$(digest < "$base")
        else
            die "no such file or directory: $1"
        fi
        return
    fi
    base=$(compgen -G "$cache/base/*.orig.tar.xz" | sort -V | tail -n 1) || true
    if [ -z "$base" ]; then
        fetch_base
        base=$(compgen -G "$cache/base/*.orig.tar.xz" | sort -V | tail -n 1)
    fi
    base_id=$(digest < "$base")
}

fetch_base() {
    command -v apt-get >/dev/null ||
        die "no apt-get to fetch QEMU's source with. Give a release archive or a tree of QEMU 10.0.x: --source PATH"
    local partial name
    partial=$cache/base.partial.$$
    mkdir -p "$cache"
    say "fetching QEMU's source (40 MB)"
    (
        start_own_apt
        mkdir "$partial"
        trap 'rm -rf "$partial"' EXIT
        cd "$partial"
        # --tar-only: without Debian's own patches. apt verifies the checksum.
        own_apt source --download-only --tar-only qemu ||
            die "apt-get source failed, see above"
        name=$(compgen -G 'qemu_*.orig.tar.xz') || die "apt-get fetched no qemu_*.orig.tar.xz"
        [[ $name =~ ^qemu_$version_pattern[^0-9] ]] ||
            die "Debian 13 offers $name by now, and the patches are for 10.0.x. Give a tree: --source PATH"
        mkdir -p "$cache/base"
        mv "$name" "$cache/base/"
    ) || exit
}

# unpack_base DIR: a copy of the base without build directories or history
unpack_base() {
    mkdir -p "$1"
    if [ -d "$base" ]; then
        tar -C "$base" --exclude=./.git --exclude='./build*' -c . | tar -C "$1" -x
    else
        tar -C "$1" --strip-components=1 -xf "$base" ||
            die "cannot unpack $base: not an archive of QEMU's source?"
    fi
    check_version "$1"
    # Debian's archive lacks these; without the targets they are for, empty
    # ones will do.
    local name
    for name in aarch64-code arm-code arm-vars riscv-code riscv-vars \
        i386-code i386-secure-code i386-vars x86_64-code x86_64-secure-code \
        loongarch64-code loongarch64-vars; do
        [ -e "$1/pc-bios/edk2-$name.fd.bz2" ] ||
            bzip2 </dev/null > "$1/pc-bios/edk2-$name.fd.bz2"
    done
}

# Sets python. QEMU wants Meson 1.5 and pycotap, which Debian 12 is without, so
# they come from Debian 13 into the cache.
find_python() {
    python=/usr/bin/python3
    [ -x "$python" ] || python=$(command -v python3)
    if compgen -G "$1/python/wheels/meson-*" >/dev/null || has_python_tools; then
        return
    fi
    local site=$cache/python/usr/lib/python3/dist-packages partial=$cache/python.partial.$$
    export PYTHONPATH=$site${PYTHONPATH:+:$PYTHONPATH}
    if [ ! -d "$cache/python" ]; then
        command -v apt-get >/dev/null ||
            die "no Meson 1.5 or no pycotap for $python: install both, or give a release archive, which brings them"
        say "fetching Meson and pycotap"
        start_own_apt
        mkdir "$partial"
        (cd "$partial" && own_apt download meson python3-pycotap &&
            for deb in *.deb; do dpkg-deb -x "$deb" . && rm "$deb"; done) ||
            die "cannot fetch Meson and pycotap, see above"
        mv -T "$partial" "$cache/python"
    fi
    has_python_tools || die "$cache/python is no use to $python; remove it and try again"
}

has_python_tools() {
    "$python" - <<'END' 2>/dev/null
from importlib.metadata import version
major, minor = version("meson").split(".")[:2]
version("pycotap")
raise SystemExit((int(major), int(minor)) < (1, 5))
END
}

# build_environment TREE: what configure and ninja have to find there
build_environment() {
    # Shared by build and check, wherever their trees are.
    export CCACHE_DIR=${CCACHE_DIR:-$cache/ccache} CCACHE_BASEDIR=$1 CCACHE_NOHASHDIR=1
    # Every file includes it, any new Kconfig symbol changes it, and all it does
    # is to forbid names.
    export CCACHE_IGNOREHEADERS=config-poison.h
    find_python "$1"
}

# configure_tree TREE: into TREE/build
configure_tree() {
    local compiler=${CC:-gcc}
    if command -v ccache >/dev/null; then
        compiler="ccache $compiler"
    else
        say "without ccache, each build compiles everything"
    fi
    mkdir -p "$1/build"
    (cd "$1/build" && ../configure --python="$python" --cc="$compiler" \
        "${configure_options[@]}") > "$1/build/configure.log" 2>&1 || {
        tail -n 30 "$1/build/configure.log" >&2
        die "QEMU's configure failed, see above; tools/setup installs what it needs on Debian"
    }
    copy_firmware "$1"
}

# Where QEMU looks for firmware, from the directory of the executable
firmware=qemu-bundle/usr/local/share/qemu

copy_firmware() {
    local target=$1/build/$firmware folder file
    mkdir -p "$target"
    for folder in "$1/pc-bios" /usr/share/{qemu,seabios,seavgabios} /usr/{lib,share}/ipxe/qemu; do
        for file in "$folder"/*.bin "$folder"/*.rom; do
            if [ -s "$file" ] && [ ! -e "$target/${file##*/}" ]; then
                cp -L "$file" "$target/"
            fi
        done
    done
    for file in bios-256k.bin vgabios-stdvga.bin kvmvapic.bin linuxboot_dma.bin \
        multiboot_dma.bin efi-e1000.rom npcm7xx_bootrom.bin npcm8xx_bootrom.bin; do
        [ -e "$target/$file" ] ||
            die "no firmware $file in $1/pc-bios nor in /usr/share/qemu, /usr/share/seabios, /usr/lib/ipxe/qemu: install SeaBIOS, iPXE's ROMs and QEMU's data files"
    done
}

# run_ninja TREE LOG GOAL...: shows how far it is; LOG gets all it says
run_ninja() {
    local tree=$1 log=$2
    shift 2
    # Not with the lock (9): compilers may outlive a build that is killed.
    if ! ninja -C "$tree/build" "$@" 9>&- 2>&1 | tee "$log" | awk -F'[][/]' -v program="$program" '
        /^\[[0-9]+\/[0-9]+\]/ && $3 >= 200 {
            tenth = int($2 * 10 / $3)
            if (tenth > shown) {
                shown = tenth
                printf "%s: built %d %% of %d steps\n", program, tenth * 10, $3
                fflush()
            }
        }' >&2
    then
        grep -A 40 -m 1 '^FAILED:' "$log" >&2 || tail -n 40 "$log" >&2
        return 1
    fi
}
