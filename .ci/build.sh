# Building with the presets of CMakePresets.json. Sourced by ./dev.

rj_presets() { sed -n '/"buildPresets"/,/\]/s/.*{"name": "\([a-z-]*\)".*/\1/p' CMakePresets.json; }

rj_build() { # a preset by name; configures where that was not done, then builds what changed
  local preset=$1
  rj_presets | grep -qx -- "$preset" ||
    die "there is no preset '$preset'; there are: $(rj_presets | tr '\n' ' ')"
  if [ ! -f "build/$preset/build.ninja" ]; then
    logged "configure-$preset" cmake --preset "$preset" || return
  fi
  logged "build-$preset" cmake --build --preset "$preset"
}
