# shellcheck shell=bash
#
# script/root.sh: root folders with other releases of Debian, for script/test.
# To be sourced by bash, after script/lib.sh.
#
# A root folder has PostgreSQL and what it takes to build the extension; what a
# suite needs besides is installed when it first runs there.  The folders stay,
# since it takes minutes to make them; whoever wants fresh ones, or none, removes
# them.  Nothing is installed on the machine itself besides debootstrap.  What
# runs in a root folder has mount and process namespaces of its own, and ends
# with the script that started it.

ROOT_CACHE=${VERSIONED_ROWS_CACHE:-/var/cache/versioned_rows}

# release_of MAJOR: prints the releases of Debian, the one to start from first,
# that have this PostgreSQL.
release_of()
{
	case $1 in
		15) echo bookworm ;;
		17) echo trixie ;;
		18) echo forky ;;
		19) echo sid experimental ;;
	esac
}

# Prints the mirror that apt takes Debian from.
mirror()
{
	# shellcheck disable=SC2016	# a format of apt-get's
	apt-get indextargets --format '$(SITE)' 'Created-By: Packages' \
		'Origin: Debian' 'Label: Debian' | head -n 1
}

# make_root MAJOR: makes the root folder with this PostgreSQL, unless it is
# there.  Fails, and says why, if it cannot be had.
make_root()
(
	local root=$ROOT_CACHE/$1

	((EUID == 0)) || {
		echo "a root folder needs root"
		return 1
	}
	mkdir -p "$ROOT_CACHE" && exec 9>"$root.lock" && flock 9 || return 1
	[[ ! -e $root/made ]] || return 0
	rm -rf -- "$root"
	if ! fill_root "$1" "$root" >"$root.log" 2>&1; then
		echo "no root folder: $(grep -E '^(E|W): |rror' "$root.log" | tail -n 1)"
		return 1
	fi
	touch "$root/made"
)

# fill_root MAJOR FOLDER: does the work of make_root.
fill_root()
{
	local major=$1 root=$2 mirror releases release script

	read -r -a releases < <(release_of "$major")
	release=${releases[0]}
	[[ $release ]] || {
		echo "E: no release of Debian has PostgreSQL $major"
		return 1
	}
	mirror=$(mirror)
	need_packages debootstrap || return 1
	script=/usr/share/debootstrap/scripts/$release
	# the releases of Debian do not differ for debootstrap
	[[ -e $script ]] || script=${script%/*}/sid
	unshare --mount debootstrap --variant=minbase "$release" "$root" \
		"$mirror" "$script" || return 1

	# the other releases, and the PostgreSQL from which upgrades come
	for release in "${releases[@]:1}" bookworm; do
		echo "deb $mirror $release main" \
			>"$root/etc/apt/sources.list.d/$release.list"
	done
	# apt takes nothing from experimental unless it is told to
	printf '%s\n' "Package: src:postgresql-$major" \
		'Pin: release a=experimental' 'Pin-Priority: 900' \
		>"$root/etc/apt/preferences.d/experimental"
	# a mirror may lag behind
	echo 'Acquire::Check-Valid-Until "false";' \
		>"$root/etc/apt/apt.conf.d/lagging"
	mkdir -p "$root/etc/postgresql-common/createcluster.d"
	echo 'create_main_cluster = false' \
		>"$root/etc/postgresql-common/createcluster.d/versioned_rows.conf"
	# shellcheck disable=SC2153	# of lib.sh
	inside "$root" "$ROOT" apt-get -qq update &&
		inside "$root" "$ROOT" apt-get -qq -y install --no-install-recommends \
			gcc libc6-dev make \
			"postgresql-$major" "postgresql-server-dev-$major"
}

# inside ROOT TREE [VARIABLE=VALUE]... COMMAND...: runs a command in a root folder,
# in which /mnt is the tree.  /tmp is a folder of this run, and goes away with it.
inside()
{
	local root=$1 tree=$2 tmp=$WORK/root/tmp

	shift 2
	mkdir -p "$tmp"
	chmod 1777 "$tmp"
	# shellcheck disable=SC2016	# for the other shell
	unshare --mount --pid --fork --kill-child --mount-proc="$root/proc" \
		bash -c 'mount --bind "$1" "$3/tmp" && mount --bind "$2" "$3/mnt" &&
			shift 2 && exec chroot "$@"' bash "$tmp" "$tree" "$root" \
		env -i LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive \
		PATH=/usr/sbin:/usr/bin:/sbin:/bin "$@" </dev/null
}
