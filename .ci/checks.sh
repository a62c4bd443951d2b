# What ./dev test and ./dev lint run, and how the results are counted. Sourced by ./dev.

# Results of this run: tests that passed, failed and were skipped, and the names of the steps that failed.
rj_passed=0 rj_failed=0 rj_skipped=0
rj_failed_steps=()

rj_count_ctest() { # from ctest's closing line "P% tests passed, F tests failed out of N"
  local failed total
  read -r failed total < <(sed -n 's/.*tests passed, \([0-9]*\) tests failed out of \([0-9]*\).*/\1 \2/p' "$1" | tail -n 1)
  [ -n "${total:-}" ] || return 1
  rj_passed=$((rj_passed + total - failed)) rj_failed=$((rj_failed + failed))
}

rj_count_pytest() { # from pytest's closing line "2 failed, 40 passed, 1 skipped in 3.21s"
  local line word number counted=1
  line=$(grep -E '(passed|failed|error|skipped|no tests ran).* in [0-9.]+s' "$1" | tail -n 1)
  for word in passed failed error skipped; do
    number=$(grep -oE "[0-9]+ ${word}" <<<"$line" | cut -d' ' -f1)
    [ -n "$number" ] || continue
    counted=0
    case $word in
      passed) rj_passed=$((rj_passed + number)) ;;
      failed | error) rj_failed=$((rj_failed + number)) ;;
      skipped) rj_skipped=$((rj_skipped + number)) ;;
    esac
  done
  return $counted
}

# check NAME COMMAND ...: a step that may fail without ending the run; a missing tool is told by status 77.
check() {
  local name=$1 status=0 began=$SECONDS
  shift
  step "$name"
  "$@" || status=$?
  if [ $status = 77 ]; then
    if [ "${CI:-}" = true ]; then
      say "FAILED: under CI nothing may be missing"
      rj_failed_steps+=("$name")
    else
      say "skipped"
    fi
  elif [ $status != 0 ]; then
    say "FAILED after $((SECONDS - began)) s"
    rj_failed_steps+=("$name")
  else
    say "ok, $((SECONDS - began)) s"
  fi
}

need_tool() { # a tool that only some systems have
  rj_has "$1" || { say "$1 is not here (./dev setup installs it where it can)"; return 77; }
}

rj_check_units() { # unit tests of one preset
  local preset=$1 status=0 runner=()
  rj_build "$preset" || return
  # Thread sanitizer maps shadow memory at fixed places, which address randomization may occupy.
  case $preset in *tsan) type -P setarch >/dev/null && runner=(setarch "$(uname -m)" -R) ;; esac
  logged "ctest-$preset" "${runner[@]}" ctest --preset "$preset" -j "$(nproc)" --no-tests=error || status=$?
  rj_count_ctest "build/log/ctest-$preset.log" || { say "ctest ran no test"; return 1; }
  say "$(grep 'tests passed' "build/log/ctest-$preset.log" | tail -n 1)"
  return $status
}

rj_check_clang() {
  need_tool clang || return
  rj_build clang
}

# The Objective-C binding with the compilers of these presets; with gcc its tests are unit tests, too.
rj_check_objc() {
  local preset status=0
  if ! rj_can_objc || ! rj_has_gnustep; then
    say "GNUstep or a compiler for Objective-C is not here (./dev setup installs gobjc and libgnustep-base-dev where it can)"
    return 77
  fi
  for preset in "$@"; do
    case $preset in clang*) need_tool clang || return ;; esac
    rj_build "$preset" || return
    logged "ctest-objc-$preset" ctest --preset "$preset" -L '^objc$' -j "$(nproc)" --no-tests=error || status=$?
    rj_count_ctest "build/log/ctest-objc-$preset.log" || { say "ctest ran no test"; return 1; }
    say "$preset: $(grep 'tests passed' "build/log/ctest-objc-$preset.log" | tail -n 1)"
  done
  return $status
}

rj_check_python() { # every pytest file under tests/, with the wheel as a user gets it
  local status=0
  rj_build debug || return
  rj_install_wheel || return
  rj_build_swift_player || return
  logged "pytest" build/venv/bin/python -m pytest tests -p no:cacheprovider || status=$?
  rj_count_pytest build/log/pytest.log || { say "pytest ran no test"; return 1; }
  say "$(tail -n 1 build/log/pytest.log | tr -d =)"
  return $status
}

rj_c_files() { # the C and Objective-C that we write
  find core abi bindings tests bench -name '*.[chm]' -not -path '*/.*' 2>/dev/null | sort || true
}

rj_check_format() {
  need_tool clang-format || return
  rj_c_files | logged "clang-format" xargs -r clang-format --dry-run -Werror
}

# clang-tidy over every source of the compile commands, as many at once as there are cores. A source that was clean is
# looked at again only when it, a header or the settings changed.
rj_check_tidy() {
  local common file key list=build/log/tidy.list
  need_tool clang-tidy || return
  rj_build clang || return
  mkdir -p build/tidy
  common=$( (cat .clang-tidy; rj_c_files | grep '\.h$' | xargs cat; clang-tidy --version) | sha256sum | cut -c1-16)
  build/venv/bin/python - "$PWD" <<'PYTHON' >build/log/tidy.all
import json, os, sys

root = sys.argv[1]
for entry in json.load(open("build/clang/compile_commands.json")):
    path = os.path.relpath(entry["file"], root)
    if not path.startswith(("build", "..")):
        print(path)
PYTHON
  : >"$list"
  while read -r file; do
    key=build/tidy/$common-$(sha256sum "$file" | cut -c1-32)
    [ -e "$key" ] || echo "$file $key" >>"$list"
  done < <(sort -u build/log/tidy.all)
  say "clang-tidy: $(wc -l <"$list") of $(sort -u build/log/tidy.all | wc -l) sources to look at"
  # shellcheck disable=SC2016
  logged "clang-tidy" xargs -r -a "$list" -L 1 -P "$(nproc)" \
    bash -c 'clang-tidy --quiet -p build/clang "$0" 2>/dev/null && touch "$1"'
}

rj_check_python_style() {
  logged "ruff" build/venv/bin/ruff check python tests bench &&
    logged "ruff-format" build/venv/bin/ruff format --check python tests bench
}

rj_check_types() {
  (cd python && logged "mypy" "$rj_root/build/venv/bin/mypy" --strict --cache-dir "$rj_root/build/mypy" .)
}

rj_lint() {
  check "C layout: clang-format" rj_check_format
  check "C findings: clang-tidy" rj_check_tidy
  check "Python style: ruff" rj_check_python_style
  check "Python types: mypy --strict" rj_check_types
  check "Swift layout and docs: swift-format" rj_check_swift_format
}

# The closing lines; the last one is for a runner that counts.
rj_close() {
  echo
  if [ ${#rj_failed_steps[@]} -gt 0 ]; then
    echo "Failed steps:"
    printf '  %s\n' "${rj_failed_steps[@]}"
    echo "Their output is in build/log/."
  else
    echo "All steps passed in $((SECONDS / 60)) min $((SECONDS % 60)) s."
  fi
  if [ $((rj_passed + rj_failed + rj_skipped)) -gt 0 ]; then
    echo "$rj_passed passed, $rj_failed failed, $rj_skipped skipped"
  fi
  [ ${#rj_failed_steps[@]} -eq 0 ]
}
