# The Swift package of swift/: finding a toolchain, building and testing. Sourced by ./dev.

# Where toolchains are put, by what installs them.
rj_swift_places() {
  printf '%s\n' /opt/swift*/usr/bin /usr/libexec/swift/*/bin /usr/libexec/swift/*/usr/bin /usr/libexec/swift/bin \
    "$HOME"/.local/share/swiftly/bin "$HOME"/.swiftly/bin "$HOME"/.local/share/swiftly/toolchains/*/usr/bin \
    "$HOME"/swift*/usr/bin /usr/local/swift*/usr/bin /usr/local/swift*/bin /usr/share/swift*/usr/bin
}

rj_is_swift_6() { # the program given
  local major
  major=$("$1" --version 2>/dev/null | sed -n 's/.*Swift version \([0-9]*\).*/\1/p' | head -n 1)
  [ "${major:-0}" -ge 6 ]
}

# The folder of the first toolchain that is new enough; SWIFT_TOOLCHAIN (a folder with bin/swift in it) comes first.
rj_swift_bin() {
  local place
  [ -z "${SWIFT_TOOLCHAIN:-}" ] || { echo "$SWIFT_TOOLCHAIN/bin"; return; }
  while read -r place; do
    if [ -x "$place/swift" ] && rj_is_swift_6 "$place/swift"; then
      echo "$place"
      return
    fi
  done < <(dirname "$(type -P swift || echo /nowhere/swift)"; rj_swift_places)
  return 1
}

need_swift() { # puts the toolchain into rj_swift_folder
  rj_swift_folder=$(rj_swift_bin) && return
  say "there is no Swift 6 toolchain here (on PATH, in /opt, /usr/libexec or swiftly's places); SWIFT_TOOLCHAIN can name its usr/"
  return 77
}

# rj_swift BUILD NAME COMMAND [ARGS]: a command of the package, against the C library in build/BUILD, into build/NAME.
rj_swift() {
  local library=$rj_root/build/$1 scratch=$rj_root/build/$2 command=$3 want
  shift 3
  # SwiftPM does not look at the header of a library that it finds by pkg-config.
  want=$(rj_hash_files abi/include swift/Sources/CRejoin)-$("$rj_swift_folder/swift" --version 2>/dev/null | head -n 1)
  if [ "$(cat "$scratch/.made-for" 2>/dev/null)" != "$want" ]; then
    rm -rf "$scratch"
    mkdir -p "$scratch"
    echo "$want" >"$scratch/.made-for"
  fi
  PATH="$rj_swift_folder:$PATH" PKG_CONFIG_PATH="$library/pkgconfig" \
    "$rj_swift_folder/swift" "$command" --package-path "$rj_root/swift" --scratch-path "$scratch" "$@"
}

rj_with_library() { # BUILD COMMAND ...: a program that finds the library in build/BUILD
  local folder=$rj_root/build/$1/abi
  shift
  LD_LIBRARY_PATH=$folder${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH} DYLD_LIBRARY_PATH=$folder \
    SWIFT_BACKTRACE=enable=no "$@"
}

rj_count_swift() { # from Swift Testing's lines "Test NAME() passed after …"
  local passed failed
  passed=$(grep -cE 'Test [^ ]+\(.*\) (with [0-9]+ test cases )?passed after' "$1")
  failed=$(grep -cE 'Test [^ ]+\(.*\) (with [0-9]+ test cases )?failed after' "$1")
  rj_passed=$((rj_passed + passed)) rj_failed=$((rj_failed + failed))
  [ $((passed + failed)) -gt 0 ]
}

# The player of scenarios, for pytest, which skips its tests where Swift is not here (and fails them with CI=true). With the
# flags of rj_swift_tests, which then finds it built.
rj_build_swift_player() {
  need_swift || return 0
  logged "swift-build-player" rj_swift debug swift build --product scenario-player -Xswiftc -warnings-as-errors
}

# rj_swift_tests BUILD NAME [FLAGS]: builds everything with warnings as errors, and runs the tests.
rj_swift_tests() {
  local build=$1 name=$2 status=0
  shift 2
  logged "swift-build-$name" rj_swift "$build" "$name" build --build-tests -Xswiftc -warnings-as-errors "$@" || return
  logged "swift-test-$name" rj_with_library "$build" rj_swift "$build" "$name" test --skip-build --disable-xctest \
    -Xswiftc -warnings-as-errors "$@" || status=$?
  rj_count_swift "build/log/swift-test-$name.log" || { say "swift test ran no test"; return 1; }
  say "$(grep -o 'Test run with .*' "build/log/swift-test-$name.log" | tail -n 1)"
  return $status
}

rj_check_swift() { # the tests; the example, which must have heard a whole stay; the code that the pages show
  need_swift || return
  rj_build debug || return
  rj_swift_tests debug swift || return
  logged "swift-example" rj_with_library debug build/swift/debug/join-channel || return
  grep -q '^left after' build/log/swift-example.log || { say "the example did not hear its leaving"; return 1; }
  logged "swift-pages" rj_swift_pages README.md docs/swift.md
}

# Every block of Swift on the pages given compiles as it stands there.
rj_swift_pages() {
  local page number=0 block
  rm -rf build/swift-pages
  mkdir -p build/swift-pages
  for page in "$@"; do
    awk -v to="build/swift-pages/$(basename "$page" .md)" '
      /^```swift$/ { file = to "-" ++count ".swift"; next }
      /^```/ { file = ""; next }
      file { print > file }' "$page"
  done
  for block in build/swift-pages/*.swift; do
    echo "$block"
    "$rj_swift_folder/swiftc" -typecheck -swift-version 6 -warnings-as-errors -I build/swift/debug/Modules -I abi/include \
      -Xcc -fmodule-map-file=swift/Sources/CRejoin/module.modulemap "$block" || return
    number=$((number + 1))
  done
  [ $number -gt 0 ]
}

# The same under address sanitizer, and 10,000 rounds of making, joining, leaving and releasing, without a leak. The C library
# is built with the toolchain's own clang: one process has one sanitizer runtime.
rj_check_swift_asan() {
  local rounds=build/swift-asan/debug/leak-rounds status=0
  need_swift || return
  [ -x "$rj_swift_folder/clang" ] || { say "this toolchain has no clang"; return 77; }
  if [ ! -f build/swift-asan-library/build.ninja ]; then
    logged "configure-swift-asan" cmake -S . -B build/swift-asan-library -G Ninja -DCMAKE_BUILD_TYPE=Debug \
      -DRJ_SANITIZE=address -DRJ_TESTS=OFF -DRJ_BENCH=OFF -DCMAKE_C_COMPILER="$rj_swift_folder/clang" || return
  fi
  logged "build-swift-asan" cmake --build build/swift-asan-library --target rejoin || return
  rj_swift_tests swift-asan-library swift-asan --sanitize=address || return
  logged "swift-leaks" rj_with_library swift-asan-library "$rounds" 10000 || return
  logged "swift-leak-found" rj_finds_leak "$rounds" || status=$?
  say "$(tail -n 1 build/log/swift-leaks.log) without a leak"
  return $status
}

rj_finds_leak() { # so that the check above can fail
  if rj_with_library swift-asan-library "$1" 10 --leak; then
    echo "a leak made on purpose was not found: LeakSanitizer does not work here"
    return 1
  fi
}

rj_check_swift_format() {
  need_swift || return
  logged "swift-format" "$rj_swift_folder/swift" format lint --strict --recursive --parallel swift/Package.swift \
    swift/Sources swift/Tests swift/Examples swift/Benches
}

rj_swift_format_in_place() {
  "$rj_swift_folder/swift" format --in-place --recursive --parallel swift/Package.swift swift/Sources swift/Tests swift/Examples \
    swift/Benches
}

# The C library's own way to call a listener, then the Swift delegate.
rj_bench_swift() {
  logged "swift-build-bench" rj_swift release swift-release build -c release --product swift-delegate
  build/release/bench/dispatch "$@"
  rj_with_library release build/swift-release/release/swift-delegate "$@"
}
