# SPDX-License-Identifier: GPL-2.0
# Completion of dflres(1) for bash. Commands and options are those of its help,
# features those that there are.

# The first word behind dflres that is no option.
_dflres_command()
{
	local i

	for ((i = 1; i < COMP_CWORD; i++)); do
		[[ ${COMP_WORDS[i]} == -* ]] && continue
		printf '%s\n' "${COMP_WORDS[i]}"
		return
	done
}

# How many operands there are between the command and the cursor.
_dflres_operands()
{
	local i count=-1

	for ((i = 1; i < COMP_CWORD; i++)); do
		case ${COMP_WORDS[i]} in
		-b | --bin | -w | --width | -O | --owner | -i | --irq | -l | --length | -o | --offset | -s | --since | -T | --timeout | -u | --user | -g | --group | -f | --from)
			((++i))
			# bash makes three words of --width=32
			[[ ${COMP_WORDS[i]} != = ]] || ((++i))
			;;
		-*) ;;
		*) ((++count)) ;;
		esac
	done
	printf '%s\n' "$count"
}

# Whether USAGE has a feature where the cursor is: all of the operands, or the first.
_dflres_takes_feature()
{
	case $1 in
	*FEATURE...* | *FEATURE]...*) return 0 ;;
	*FEATURE*) (($(_dflres_operands) == 0)) ;;
	*) return 1 ;;
	esac
}

# Where the program of `dflres exec ... -- PROGRAM` begins, if the cursor is
# behind that.
_dflres_program()
{
	local i

	for ((i = 2; i < COMP_CWORD; i++)); do
		if [[ ${COMP_WORDS[i]} == -- ]]; then
			printf '%s\n' "$((i + 1))"
			return
		fi
	done
	return 1
}

_dflres()
{
	local dflres=$1 current=${COMP_WORDS[COMP_CWORD]} words='' help
	local previous=${COMP_WORDS[COMP_CWORD - 1]} command start

	COMPREPLY=()
	command=$(_dflres_command)
	if [[ $command == exec ]] && start=$(_dflres_program); then
		if declare -F _command_offset >/dev/null; then
			_command_offset "$start"
		else
			mapfile -t COMPREPLY < <(compgen -c -- "$current" | sort -u)
		fi
		return
	fi
	case $previous in
	-b | --bin)
		compopt -o filenames 2>/dev/null
		mapfile -t COMPREPLY < <(compgen -f -- "$current")
		return
		;;
	-u | --user) words=$(getent passwd | cut -d: -f1) ;;
	-g | --group) words=$(getent group | cut -d: -f1) ;;
	-f | --from) words=$(ls /sys/bus/dfl/drivers 2>/dev/null) ;;
	-w | --width) words='8 16 32 64' ;;
	-O | --owner) words='none kernel user' ;;
	-i | --irq | -l | --length | -o | --offset | -s | --since | -T | --timeout) return ;;
	*)
		# shellcheck disable=SC2086 # no command is no word
		help=$("$dflres" $command --help 2>/dev/null) || return
		if [[ $current == -* ]]; then
			words=$(awk '/^  -., --/ { print $2 }' <<<"$help")
		elif [[ -z $command ]]; then
			words=$(awk '/^Commands:/ { on = 1; next } /^$/ { on = 0 } on { print $1 }' <<<"$help")
		elif _dflres_takes_feature "${help%%$'\n'*}"; then
			words=$("$dflres" list 2>/dev/null | awk 'NR > 1 { print $1 }')
		fi
		;;
	esac
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}

complete -F _dflres dflres
