# The system packages that building and testing need: which are missing, and how apt gets them. Sourced by ./dev.

# One line per package: Debian's name, then the command that succeeds where the thing is there already, however it came.
rj_package_table() {
  cat <<'TABLE'
gcc                        rj_has gcc
g++                        rj_has g++
clang                      rj_has clang
clang-tidy                 rj_has clang-tidy
clang-format               rj_has clang-format
cmake                      rj_has cmake
ninja-build                rj_has ninja
pkg-config                 rj_has pkg-config
git                        rj_has git
libglib2.0-dev             rj_has_module gio-unix-2.0
libgnutls28-dev            rj_has_module gnutls
nettle-dev                 rj_has_module nettle
libffi-dev                 rj_has_module libffi
libsoup-3.0-dev            rj_has_module libsoup-3.0
libjson-glib-dev           rj_has_module json-glib-1.0
libnanopb-dev              rj_has_header pb.h
nanopb                     rj_has protoc-gen-nanopb
protobuf-compiler          rj_has protoc
swig                       rj_has swig
gobjc                      rj_can_objc
libgnustep-base-dev        rj_has_gnustep
abigail-tools              rj_has abidiff
mosquitto                  rj_has mosquitto
chromium                   rj_has_chromium
nats-server                rj_has nats-server
libnats-dev                rj_has_module libnats
iproute2                   rj_has ip
python3-venv               rj_python_can venv ensurepip
python3-dev                rj_has_python_header
TABLE
}

rj_has() { # also where daemons live, which is not on every user's PATH
  PATH=$PATH:/usr/sbin:/sbin type -P "$1" >/dev/null
}

rj_has_module() { pkg-config --exists "$1" 2>/dev/null; }

rj_has_header() { echo "#include <$1>" | cc -E -x c - >/dev/null 2>&1; }

rj_can_objc() { echo 'int nothing;' | gcc -x objective-c -fsyntax-only - >/dev/null 2>&1; }

rj_has_gnustep() { # headers and library, where gcc looks or beside
  [ -e /usr/include/GNUstep/Foundation/Foundation.h ] || rj_has_header Foundation/Foundation.h
}

rj_python_can() { "$(rj_python)" -c "import $1, $2" >/dev/null 2>&1; }

rj_has_python_header() {
  "$(rj_python)" -c 'import os, sys, sysconfig
sys.exit(not os.path.exists(os.path.join(sysconfig.get_path("include"), "Python.h")))' >/dev/null 2>&1
}

# The Python that the venv is made of: the system's own, which the development packages belong to; else the first found.
rj_python() {
  if [ -x /usr/bin/python3 ]; then echo /usr/bin/python3; else type -P python3 || echo python3; fi
}

rj_has_clang_runtime() { # the sanitizer libraries come apart from clang
  local library
  library=$(clang -print-file-name="libclang_rt.asan-$(uname -m).a" 2>/dev/null)
  [ -e "$library" ] && return
  library=$(clang -print-file-name="libclang_rt.asan.a" 2>/dev/null)
  [ -e "$library" ]
}

rj_has_ngtcp2() { pkg-config --atleast-version=1.0 libngtcp2 libngtcp2_crypto_gnutls 2>/dev/null; }

rj_has_chromium() { rj_has chromium || rj_has chromium-browser || rj_has google-chrome; }

rj_missing_packages() {
  local package check
  while read -r package check; do
    $check </dev/null || echo "$package"
  done < <(rj_package_table)
}

rj_as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

rj_may_install() {
  [ "$(id -u)" = 0 ] || type -P sudo >/dev/null ||
    die "installing packages needs root or sudo, and here is neither; missing: $*"
}

rj_apt() { rj_as_root env DEBIAN_FRONTEND=noninteractive apt-get -q "$@"; }

rj_apt_install() { rj_apt install -y --no-install-recommends "$@"; }

# apt's lists, once per run of ./dev, and only when something is to be installed.
rj_apt_update() {
  [ -n "${rj_apt_updated:-}" ] && return
  logged "apt-update" rj_apt update
  rj_apt_updated=yes
}

rj_candidate() { LC_ALL=C apt-cache policy "$1" 2>/dev/null | awk '/Candidate:/ && $2 != "(none)" {print $2}'; }

# The Signed-By of one entry of apt's sources, as apt tells entries: FILE:N, N the stanza (.sources) or the line (.list).
rj_signed_by() {
  local file=${1%:*} number=${1##*:}
  case $file in
    *.sources)
      awk -v want="$number" '
        /^[[:space:]]*#/ { next }
        /^[[:space:]]*$/ { if (fields) { stanza++; fields = 0 }; key = 0; next }
        { fields = 1 }
        /^[^[:space:]]/ { key = tolower($0) ~ /^signed-by:/ }
        key && stanza + 1 == want { print }' "$file" ;;
    *)
      sed -n "${number}s/.*[[ ]signed-by=\([^] ]*\).*/Signed-By: \1/p" "$file" ;;
  esac
}

# Backports beside the mirror that this system already uses: address and key are those of its own release.
rj_add_backports() {
  local codename=$1 suite=$1-backports line uri entry
  apt-get indextargets --format '$(CREATED_BY) $(RELEASE)' 2>/dev/null | grep -qx "Packages $suite" && return
  line=$(apt-get indextargets --format '$(CREATED_BY)|$(RELEASE)|$(CODENAME)|$(COMPONENT)|$(REPO_URI)|$(SOURCESENTRY)' \
    2>/dev/null | awk -F'|' -v name="$codename" '$1 == "Packages" && ($2 == name || $3 == name) && $4 == "main"' |
    head -n 1)
  [ -n "$line" ] || die "apt knows no source for $codename, so there is nothing to put $suite beside: install libngtcp2-dev and libngtcp2-crypto-gnutls-dev (1.0 or newer) by hand"
  IFS='|' read -r _ _ _ _ uri entry <<<"$line"
  say "adding $suite beside the configured mirror, in /etc/apt/sources.list.d/rejoin-backports.sources"
  {
    echo "# Added by Rejoin's ./dev setup: ngtcp2 1.0 or newer."
    echo "Types: deb"
    echo "URIs: $uri"
    echo "Suites: $suite"
    echo "Components: main"
    rj_signed_by "$entry"
  } | rj_as_root tee /etc/apt/sources.list.d/rejoin-backports.sources >/dev/null
  logged "apt-update-backports" rj_apt update
}

# ngtcp2 of 1.0 or newer: from the configured suites where they have it (newer systems are left alone), else backports.
rj_install_ngtcp2() {
  local packages="libngtcp2-dev libngtcp2-crypto-gnutls-dev" codename
  rj_apt_update
  if dpkg --compare-versions "$(rj_candidate libngtcp2-dev)" ge 1.0 2>/dev/null &&
    [ -n "$(rj_candidate libngtcp2-crypto-gnutls-dev)" ]; then
    say "installing $packages"
    logged "apt-ngtcp2" rj_apt_install $packages
    return
  fi
  codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
  [ -n "$codename" ] || die "ngtcp2 1.0 or newer is needed and this system has no codename to find its backports by: install libngtcp2 and libngtcp2_crypto_gnutls by hand"
  rj_add_backports "$codename"
  say "installing $packages from $codename-backports"
  logged "apt-ngtcp2" rj_apt_install -t "$codename-backports" $packages
}

rj_clang_major() { clang -dumpversion 2>/dev/null | cut -d. -f1; }

# Everything from the system. Nothing is touched where nothing is missing.
rj_setup_system() {
  local missing runtime=""
  missing=$(rj_missing_packages | tr '\n' ' ')
  if ! type -P apt-get >/dev/null; then
    rj_has_ngtcp2 || missing="$missing libngtcp2 and libngtcp2_crypto_gnutls (1.0 or newer)"
    [ -z "${missing// /}" ] && return
    say "this is no Debian-like system, so nothing is installed here; missing (by Debian's names): $missing"
    say "going on with what is there"
    return
  fi
  if [ -n "${missing// /}" ]; then
    rj_may_install "$missing"
    rj_apt_update
    say "installing $missing"
    logged "apt-install" rj_apt_install $missing
  fi
  if ! rj_has_ngtcp2; then
    rj_may_install "libngtcp2-dev and libngtcp2-crypto-gnutls-dev (1.0 or newer)"
    rj_install_ngtcp2
  fi
  if rj_has clang && ! rj_has_clang_runtime; then
    runtime=libclang-rt-$(rj_clang_major)-dev
    if [ -n "$(rj_candidate "$runtime")" ]; then
      rj_may_install "$runtime"
      rj_apt_update
      say "installing $runtime"
      logged "apt-clang-runtime" rj_apt_install "$runtime"
    fi
  fi
  rj_has_ngtcp2 || die "ngtcp2 1.0 or newer is still not found by pkg-config"
}
