# The project's own Python: one venv in build/venv with the tools, and the wheel of python/ in it. Sourced by ./dev.

rj_hash_files() { # one hash over the names and contents of the files and folders given
  find "$@" -type f -not -path '*/__pycache__/*' -not -path '*/.*_cache/*' -not -path 'python/build/*' -not -path 'python/dist/*' \
    -print0 2>/dev/null | sort -z | xargs -0 sha256sum | sha256sum | cut -d' ' -f1
}

rj_setup_venv() {
  local python requirements=python/requirements-dev.txt want
  python=$(rj_python)
  "$python" -c 'import sys; sys.exit(sys.version_info < (3, 9))' 2>/dev/null ||
    die "Python 3.9 or newer is needed; $python is $("$python" --version 2>&1)"
  want=$("$python" --version 2>&1)-$(rj_hash_files "$requirements")
  [ "$(cat build/venv/.installed 2>/dev/null)" = "$want" ] && return
  if [ ! -x build/venv/bin/pip ] || ! build/venv/bin/python -c '' 2>/dev/null; then
    say "making a Python environment in build/venv from $python"
    rm -rf build/venv
    logged "venv" "$python" -m venv build/venv || return
  fi
  say "installing the Python tools of $requirements"
  logged "pip-install" build/venv/bin/pip install -q --disable-pip-version-check -r "$requirements" || return
  echo "$want" >build/venv/.installed
}

# The wheel, built and installed when one of its sources changed since.
rj_install_wheel() {
  local want
  want=$(rj_hash_files python bindings/swig core abi CMakeLists.txt)-$(cat build/venv/.installed)
  [ "$(cat build/venv/.wheel 2>/dev/null)" = "$want" ] && return
  say "building the Python wheel and installing it into build/venv"
  rm -rf build/wheel
  # The venv's swig comes first: the limited API needs a newer one than some systems have.
  PATH="$PWD/build/venv/bin:$PATH" logged "wheel" build/venv/bin/pip wheel -q --disable-pip-version-check \
    --no-build-isolation --no-deps --config-settings="build-dir=$PWD/build/python" -w build/wheel ./python || return
  logged "wheel-install" build/venv/bin/pip install -q --disable-pip-version-check --no-deps --force-reinstall \
    build/wheel/*.whl || return
  echo "$want" >build/venv/.wheel
}
