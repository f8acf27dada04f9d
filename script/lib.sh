# shellcheck shell=bash
#
# script/lib.sh: what the scripts of this folder share.  To be sourced by bash.
#
# It installs what is missing, copies the source tree to a temporary folder,
# builds it there as an unprivileged user and starts throw-away servers that
# find the extension in that folder.  Nothing is written to the source tree,
# nothing is installed into PostgreSQL's own folders, and everything goes away
# when the script ends, however it ends.

# The source tree, whatever its name and whoever owns it.
unset CDPATH
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." || exit
ROOT=$PWD

PG_MAJOR=${PG_MAJOR:-15}
PG_CONFIG=${PG_CONFIG:-/usr/lib/postgresql/$PG_MAJOR/bin/pg_config}

# shellcheck disable=SC2034	# for the scripts that source this
BUILD_PACKAGES=(gcc libc6-dev make)
if [[ $PG_CONFIG == /usr/lib/postgresql/$PG_MAJOR/bin/pg_config ]]; then
	BUILD_PACKAGES+=("postgresql-$PG_MAJOR" "postgresql-server-dev-$PG_MAJOR")
fi

WORK=          # the temporary folder, empty until it exists
OWNER=()       # the command prefix that runs a program as its owner
JOBS=()        # process groups that cleanup has to end
SETTINGS=()    # lines of postgresql.conf for the servers that follow
SERVER_LOCALE=C.UTF-8

die()
{
	printf '%s: %s\n' "${0##*/}" "$*" >&2
	exit 2
}

# The caller's settings of PostgreSQL, make, the compilers and the test
# runners are for other servers and builds.
clean_environment()
{
	local name

	for name in ${!PG@} ${!LC_@} ${!PERL@} ${!PROVE@} ${!HARNESS_@} \
		${!PYTHON@} ${!GIT_@} ${!MAKE@} LANG LANGUAGE MFLAGS COPT PROFILE \
		DESTDIR CC CFLAGS CPPFLAGS LDFLAGS USE_PGXS TEMP_CONFIG; do
		case $name in
			PG_CONFIG | PG_MAJOR) ;;
			*) unset "$name" ;;
		esac
	done
	export LC_ALL=C.UTF-8 LANG=C.UTF-8
	umask 022
}

missing_packages()
{
	local package

	for package in "$@"; do
		# shellcheck disable=SC2016	# a format of dpkg-query's
		[[ $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) \
			== installed ]] || echo "$package"
	done
}

# Installs the named packages that are missing.  Two runs at a time take
# turns.  A server package that comes in this way makes no cluster of its own.
need_packages()
(
	local missing output sudo=() dropin=/etc/postgresql-common/createcluster.d

	[[ $(missing_packages "$@") ]] || return 0
	exec 9</etc/apt
	flock 9
	mapfile -t missing < <(missing_packages "$@")
	((${#missing[@]})) || return 0

	if ((EUID)); then
		command -v sudo >/dev/null ||
			die "needs root or sudo to install: ${missing[*]}"
		sudo=(sudo)
	fi
	echo "Installing ${missing[*]} ..."
	dropin+=/versioned_rows_$$.conf
	"${sudo[@]}" mkdir -p "${dropin%/*}"
	# shellcheck disable=SC2064	# its value now is the one to remove
	trap "${sudo[*]} rm -f $dropin" EXIT
	echo 'create_main_cluster = false' |
		"${sudo[@]}" tee "$dropin" >/dev/null

	# The lists of packages may be missing or too old; then a second try helps.
	install()
	{
		"${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -y \
			-o DPkg::Lock::Timeout=600 -o Dpkg::Use-Pty=0 \
			install --no-install-recommends "${missing[@]}" </dev/null 2>&1
	}
	install >/dev/null || {
		"${sudo[@]}" apt-get -qq update </dev/null
		output=$(install) || {
			echo "$output" >&2
			die "could not install: ${missing[*]}"
		}
	}
)

# Makes the temporary folder and decides who works in it: PostgreSQL does not
# run as root, so root hands it to the user that the server package made.
make_workdir()
{
	local base=${TMPDIR:-/tmp}

	if ((EUID == 0)); then
		OWNER=(setpriv --reuid=postgres --regid=postgres --init-groups --)
	fi
	# make has no way to quote a path, and a socket's path is short.
	if [[ ! $base =~ ^/[A-Za-z0-9/_.-]{1,50}$ ]] ||
		! "${OWNER[@]}" test -x "$base"; then
		base=/tmp
	fi

	make_empty_workdir "$base"
	mkdir tree tmp
	copy_tree | tar -x --no-same-owner -C tree
	if ((EUID == 0)); then
		chown -R postgres:postgres "$WORK"
	fi
}

make_empty_workdir()
{
	trap cleanup EXIT
	trap 'exit 129' HUP
	trap 'exit 130' INT
	trap 'exit 143' TERM
	WORK=$(mktemp -d "$1/versioned_rows.XXXXXX")
	cd "$WORK" || exit
}

# Writes the source tree to standard output as a tar file: in a checkout what
# git tracks or would track, elsewhere everything.
copy_tree()
{
	local git=(git -c safe.directory='*' -C "$ROOT")

	if [[ -e $ROOT/.git ]] && command -v git >/dev/null; then
		"${git[@]}" ls-files -z --cached --others --exclude-standard |
			(cd -- "$ROOT" && while IFS= read -r -d '' file; do
				[[ ! -e $file && ! -L $file ]] || printf '%s\0' "$file"
			done) |
			tar -c -C "$ROOT" --null --no-recursion -T -
	else
		tar -c -C "$ROOT" --exclude=./.git .
	fi
}

# Runs a command as the owner of the temporary folder.
as_owner()
{
	HOME=$WORK TMPDIR=$WORK/tmp "${OWNER[@]}" "$@" </dev/null
}

# build NAME [make's arguments]: builds the extension in the folder NAME and
# installs it below NAME.dest.
build()
{
	local name=$1

	shift
	as_owner cp -R tree "$name" &&
		as_owner make -s -C "$name" PG_CONFIG="$PG_CONFIG" clean &&
		as_owner make -s -C "$name" PG_CONFIG="$PG_CONFIG" "$@" &&
		as_owner make -s -C "$name" PG_CONFIG="$PG_CONFIG" "$@" \
			DESTDIR="$WORK/$name.dest" install
}

# extension_settings DEST [PG_CONFIG]: prints the settings that make a server
# find the extension below a folder.  Debian's own extension_destdir gave way
# to PostgreSQL 18's setting.
extension_settings()
{
	local dest=$1 pg_config=${2:-$PG_CONFIG}

	if [[ $("$pg_config" --version) =~ \ 1[5-7][.\ ] ]]; then
		echo "extension_destdir = '$dest'"
	else
		echo "extension_control_path = '$dest$("$pg_config" --sharedir):\$system'"
	fi
	echo "dynamic_library_path = '$dest$("$pg_config" --pkglibdir):\$libdir'"
}

# make_server NAME DEST: makes a server in the folder NAME, where its socket is,
# too, that finds the extension below DEST.  SETTINGS are added to its settings.
# It cannot be reached from anywhere else.
make_server()
{
	local dir=$WORK/$1

	as_owner mkdir -m 700 "$dir"
	as_owner "$("$PG_CONFIG" --bindir)/initdb" -D "$dir/data" -A trust -N \
		-U postgres -E UTF8 --locale="$SERVER_LOCALE" >"$dir.initdb" 2>&1 || {
		cat "$dir.initdb" >&2
		die "initdb failed"
	}
	{
		echo "listen_addresses = ''"
		echo "unix_socket_directories = '$dir'"
		echo "fsync = off"
		echo "full_page_writes = off"
		# A test that hangs becomes a test that fails.
		echo "statement_timeout = '10min'"
		extension_settings "$2"
		printf '%s\n' "${SETTINGS[@]}"
	} >>"$dir/data/postgresql.conf"
}

# start_server NAME DEST [VARIABLE=VALUE]...: makes a server and starts it, with
# additions to its environment.
start_server()
{
	local dir=$WORK/$1

	make_server "$1" "$2"
	shift 2
	as_owner env "$@" "$("$PG_CONFIG" --bindir)/pg_ctl" -D "$dir/data" \
		-l "$dir/log" -s -w start || {
		cat "$dir/log" >&2
		die "the server did not start"
	}
}

# Starts a function of ours in the background, in a process group of its own,
# so that an interrupt reaches all of it.
start_job()
{
	set -m
	"$@" </dev/null &
	JOBS+=($!)
	set +m
}

# Ends the background jobs and every server below the temporary folder, also
# those that a test started and did not live to stop; removes the folder.
cleanup()
{
	local status=$? job pidfile

	trap '' HUP INT TERM
	set +e
	for job in "${JOBS[@]}"; do
		kill -TERM -- "-$job" 2>/dev/null
	done
	for job in "${JOBS[@]}"; do
		timeout 20 tail -s 0.1 -f --pid="$job" /dev/null
		kill -KILL -- "-$job" 2>/dev/null
	done
	cd /
	if [[ $WORK ]]; then
		# not what a root folder had there (see root.sh): its processes have
		# ended with it, and their numbers mean others here
		for pidfile in $(find "$WORK" -path '*/root' -prune -o \
			-name postmaster.pid -print 2>/dev/null); do
			as_owner "$("$PG_CONFIG" --bindir)/pg_ctl" -s -w -m immediate \
				-D "${pidfile%/*}" stop >/dev/null 2>&1
		done
		rm -rf -- "$WORK"
	fi
	exit "$status"
}
