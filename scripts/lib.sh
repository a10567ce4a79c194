# SPDX-License-Identifier: GPL-3.0-or-later
# Shared by the scripts; source it from the repository's root.

say() { printf '%s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

# packages_of SECTION…: the names listed in those sections of scripts/packages.txt.
packages_of() {
  local wanted=" $* "
  awk -v wanted="$wanted" '/^#/ || /^[ \t]*$/ { next }
    /^\[/ { gsub(/[][]/, ""); on = index(wanted, " " $0 " ") > 0; next }
    on { print $1 }' scripts/packages.txt
}

node_is_new_enough() {
  command -v node >/dev/null && command -v npm >/dev/null &&
    [ "$(node -p 'process.versions.node.split(".")[0]' 2>/dev/null || echo 0)" -ge 18 ]
}

# install_packages SECTION…: installs what is missing, quietly, all output on stderr.
install_packages() {
  local missing=() name
  for name in $(packages_of "$@"); do
    dpkg-query -W -f='${db:Status-Status}' "$name" 2>/dev/null | grep -qx installed || missing+=("$name")
  done
  node_is_new_enough || missing+=(nodejs npm)
  [ ${#missing[@]} -gt 0 ] || return 0
  local sudo=
  if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null || die "These packages are missing and there is no sudo to install them: ${missing[*]}"
    sudo=sudo
  fi
  say "Installing ${#missing[@]} Debian packages: ${missing[*]}"
  {
    $sudo apt-get update -qq
    $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "${missing[@]}"
  } >&2 || die "apt-get could not install them; see above."
}

# build PRESET [TARGET…]: configures if needed and builds; the log is shown only if it fails.
build() {
  local preset=$1; shift
  local log=build/$preset.log targets=()
  [ $# -eq 0 ] || targets=(--target "$@")
  mkdir -p build
  # A tree that was configured before the test packages came has no tests in it yet.
  if [ ! -e "build/$preset/build.ninja" ] || { [ ! -d "build/$preset/tests" ] && [ -e /usr/include/gtest/gtest.h ]; }; then
    say "Configuring $preset"
    cmake --preset "$preset" >"$log" 2>&1 || { cat "$log" >&2; return 1; }
  fi
  say "Building $preset"
  nice cmake --build --preset "$preset" "${targets[@]}" >"$log" 2>&1 || { grep -E 'error|FAILED|undefined' -A5 "$log" | tail -80 >&2; return 1; }
}
