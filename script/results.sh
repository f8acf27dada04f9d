# shellcheck shell=bash
#
# script/results.sh: the results of script/test.  To be sourced by bash.
#
# A result is a line "ok - NAME", "not ok - NAME" or "skipped - NAME", printed as
# it comes and kept in $WORK/results; what there is to say about failures is
# collected in $WORK/failures.  The readers here turn what other programs print
# into such lines.  A test that no reader has seen to pass has not passed.

# record VERDICT NAME
record()
{
	printf '%s - %s\n' "$1" "$2" | tee -a "$WORK/results"
}

# record_failure NAME REASON: a failure that no runner has reported.
record_failure()
{
	record 'not ok' "$1 ($2)"
}

# record_skip NAME REASON: what cannot be had here, so that nobody takes it for
# passed.
record_skip()
{
	record skipped "$1 ($2)"
}

# record_missing SUITE TEST...: whatever was not recorded was not run.
record_missing()
{
	local suite=$1 name

	shift
	for name in "$@"; do
		grep -qE "^(ok|not ok|skipped) - $suite/$name( \(|$)" "$WORK/results" ||
			record_failure "$suite/$name" "was not run"
	done
}

# has_failed NAME: whether this suite, or a test in it, has failed.
has_failed()
{
	grep -qE "^not ok - $1(/| \(|$)" "$WORK/results"
}

# record_pg_regress SUITE: reads what pg_regress prints, "test NAME ... ok  12 ms"
# or, since PostgreSQL 16, "ok 1 - NAME 12 ms".
record_pg_regress()
{
	local line

	while IFS= read -r line; do
		if [[ $line =~ ^test\ +([^ ]+)\ +\.\.\.\ +(ok|FAILED) ]]; then
			case ${BASH_REMATCH[2]} in
				ok) record ok "$1/${BASH_REMATCH[1]}" ;;
				*) record 'not ok' "$1/${BASH_REMATCH[1]}" ;;
			esac
		elif [[ $line =~ ^((not )?ok)\ [0-9]+\ +[-+]\ ([^ ]+)\ +[0-9]+\ ms$ ]]; then
			record "${BASH_REMATCH[1]}" "$1/${BASH_REMATCH[3]}"
		fi
	done
}

# record_prove SUITE: reads what prove --verbose prints.  The line "t/NAME.pl .."
# opens a test, the line after its last assertion is its verdict.  An assertion
# that was skipped, or is expected to fail, has not passed.  What a failed test
# has printed is kept.
record_prove()
{
	local suite=$1 line name='' verdict='' output=()

	finish()
	{
		[[ $name ]] || return 0
		if [[ $verdict == ok ]]; then
			record ok "$suite/$name"
		else
			record_failure "$suite/$name" "${verdict:-has no verdict}"
			printf '%s\n' "${output[@]}" >>"$WORK/failures"
		fi
		name=''
	}
	while IFS= read -r line; do
		if [[ $line =~ ^t/([^ ]+)\.p[ly]\ \.\.+\ *(.*)$ ]]; then
			finish
			name=${BASH_REMATCH[1]} verdict=${BASH_REMATCH[2]} output=()
		elif [[ $line =~ ^(Test\ Summary\ Report|All\ tests\ |Files=) ]]; then
			finish
		elif [[ $line =~ ^(Failed\ |No\ subtests|skipped:) ]]; then
			verdict=$line
		elif [[ $verdict ]]; then
			:
		elif [[ $line == ok ]]; then
			verdict=ok
		elif [[ $line =~ ^(not\ )?ok\ [0-9].*#\ *([Ss][Kk][Ii][Pp]|[Tt][Oo][Dd][Oo]) ]]; then
			verdict="not all of it was run: ${line#*# }"
		elif [[ $line == Dubious* ]]; then
			verdict=$line
		fi
		output+=("$line")
	done
	finish
}

# record_checks SUITE: reads "1..N" and N lines "ok - NAME" or "not ok - NAME".
record_checks()
{
	local line count=0 plan=none

	while IFS= read -r line; do
		if [[ $line =~ ^((not )?ok)\ -\ (.*)$ ]]; then
			record "${BASH_REMATCH[1]}" "$1/${BASH_REMATCH[3]}"
			count=$((count + 1))
		elif [[ $line =~ ^1\.\.([0-9]+)$ ]]; then
			plan=${BASH_REMATCH[1]}
		fi
	done
	[[ $plan == "$count" ]] ||
		record_failure "$1" "planned $plan checks, ran $count"
}

# record_run PREFIX: reads what script/test prints.  The rest of it is kept if
# anything has failed.
record_run()
{
	local prefix=$1 line output=() closed='' bad=''

	while IFS= read -r line; do
		if [[ $closed ]]; then
			closed=''
			bad=1
		fi
		if [[ $line =~ ^[0-9]+\ passed,\ [0-9]+\ failed ]]; then
			closed=1
		elif [[ $line =~ ^(ok|not\ ok|skipped)\ -\ (.*)$ ]]; then
			# failures are listed again at the end
			grep -qxF -- "${BASH_REMATCH[1]} - $prefix/${BASH_REMATCH[2]}" \
				"$WORK/results" ||
				record "${BASH_REMATCH[1]}" "$prefix/${BASH_REMATCH[2]}"
		else
			output+=("$line")
		fi
	done
	[[ $closed && ! $bad ]] || record_failure "$prefix" "did not come to its end"
	! has_failed "$prefix" ||
		printf '%s\n' "${output[@]}" >>"$WORK/failures"
}

# count_results VERDICT
count_results()
{
	grep -c "^$1 - " "$WORK/results" || true
}

# Prints the details of failures, what was skipped, and the closing line.
report()
{
	local passed failed skipped

	passed=$(count_results ok)
	failed=$(count_results 'not ok')
	skipped=$(count_results skipped)
	if ((failed)); then
		echo
		cat "$WORK/failures"
		echo
		grep '^not ok - ' "$WORK/results"
	fi
	echo "$passed passed, $failed failed, $skipped skipped"
	((passed > 0 && failed == 0))
}
