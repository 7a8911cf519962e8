# What the scripts share: where things are, and how they speak. Sourced, never run.
# shellcheck shell=bash

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
if [ -z "${HOME:-}" ] || [ ! -d "$HOME" ]; then
  HOME=$(getent passwd "$(id -u)" | cut -d: -f6)
  export HOME
fi
# Where rustup puts its programs; a shell that is not a login shell may not know, and Debian's
# compiler must not come before them.
cargo_bin=${CARGO_HOME:-$HOME/.cargo}/bin
case :$PATH: in *:$cargo_bin:*) ;; *) PATH=$cargo_bin:$PATH ;; esac
# What may be shared by clones and is made again when lost: tools, compiled code.
CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/exchequer
TOOLS=$CACHE/tools
TARGET_DIR=${CARGO_TARGET_DIR:-$ROOT/target}
WASM=wasm32-unknown-unknown
export PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1

say() { printf '%s\n' "$*" >&2; }
fail() { say "$@"; exit 1; }

# step "what, and how long it takes" command…: announces, runs, and says how long it took; a failure
# ends the script, which then names the step. (No `||` here: it would switch off `set -e` inside.)
step() {
  STEP=$1
  local began=$SECONDS
  shift
  say "== $STEP"
  "$@"
  say "   done in $((SECONDS - began)) s"
  STEP=
}
STEP=
trap '[ -z "$STEP" ] || say "!! failed: $STEP"' EXIT

# The folder of PostgreSQL's server programs: the newest that Debian installed, else the PATH's.
postgres_bin() {
  local newest
  newest=$(find /usr/lib/postgresql/*/bin -name initdb 2>/dev/null | sort -V | tail -n 1)
  [ -n "$newest" ] || newest=$(command -v initdb) || return 1
  dirname "$(readlink -f "$newest")"
}

# The roles and migrations by psql, each file in a transaction or in none, as the program applies it.
apply_migrations() {
  local file whole
  for file in crates/store/src/roles.sql migrations/*.sql; do
    whole=(--single-transaction)
    case $(head -n 1 "$file") in '-- no-transaction') whole=() ;; esac
    psql "$DATABASE_URL" --quiet --no-psqlrc --set ON_ERROR_STOP=1 "${whole[@]}" --file "$file" >/dev/null
  done
}

# The wasm-bindgen that this workspace is pinned to.
bindgen_version() { sed -n 's/^wasm-bindgen *= *"=\(.*\)"/\1/p' "$ROOT/Cargo.toml"; }
bindgen() { printf '%s/wasm-bindgen-%s/bin/wasm-bindgen' "$TOOLS" "$(bindgen_version)"; }

# Debian's compiler has no standard library for WebAssembly; ours lies in a folder of our own, named
# after the compiler that made it, because no other one can read it.
debian_std() { printf '%s/std-%s' "$TOOLS" "$(/usr/bin/rustc -vV | sha256sum | cut -c 1-12)"; }

has_std() { compgen -G "$1/lib/rustlib/$WASM/lib/libstd-*.rlib" >/dev/null; }

# Which compiler can make WebAssembly: "own" (the one in use), "debian", or none (fails).
wasm_compiler() {
  if has_std "$(rustc --print sysroot)"; then
    echo own
  elif [ -x /usr/bin/cargo ] && command -v wasm-ld-19 >/dev/null && has_std "$(debian_std)"; then
    echo debian
  else
    return 1
  fi
}

# web_cargo arguments…: cargo with that compiler, in a folder of its own, so that two compilers
# do not throw away each other's work.
web_cargo() {
  local kind
  kind=$(wasm_compiler) || fail "No compiler for WebAssembly: run scripts/setup."
  if [ "$kind" = own ]; then
    CARGO_TARGET_DIR=$TARGET_DIR/web cargo "$@"
  else
    env -u RUSTUP_TOOLCHAIN CARGO_TARGET_DIR="$TARGET_DIR/web" RUSTC=/usr/bin/rustc \
      CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER=wasm-ld-19 \
      CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS="--sysroot=$(debian_std)" \
      /usr/bin/cargo "$@"
  fi
}

# The long form of some tests.
soak() { scripts/with-postgres cargo nextest run --profile soak --run-ignored all --no-capture "$@"; }

# table NAME: what these tests tell goes into a table; show_table prints it.
table() {
  mkdir -p "$TARGET_DIR"
  export EXCHEQUER_TABLE=$TARGET_DIR/$1.md
  printf '| what was done | what was seen |\n| --- | --- |\n' >"$EXCHEQUER_TABLE"
}
show_table() { say ""; cat "$EXCHEQUER_TABLE"; }
