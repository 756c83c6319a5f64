# SPDX-License-Identifier: GPL-2.0
# Completion of dflres(1) for bash. It takes commands, options and their arguments
# from the help, and offers the present features, by name and by selector.

# The words of the command line, with a selector as one word: bash cuts at its
# colons. Text behind "fme: " is another word.
_dflres_join()
{
	local i word previous=''

	words=() cword=0
	for ((i = 0; i <= COMP_CWORD; i++)); do
		word=${COMP_WORDS[i]}
		if ((i > 1)) && [[ -n $word && ($word == :* || $previous == *:) ]]; then
			words[cword]+=$word
		else
			words+=("$word")
			cword=$((${#words[@]} - 1))
		fi
		previous=$word
	done
}

# The first word behind dflres that is not an option.
_dflres_command()
{
	local i

	for ((i = 1; i < cword; i++)); do
		[[ ${words[i]} == -* ]] && continue
		printf '%s\n' "${words[i]}"
		return
	done
}

# The argument of an option, as HELP names it, or nothing.
_dflres_argument()
{
	awk -v option="$2" '/^  -., --/ && (substr($1, 1, 2) == option || $2 == option) && $3 ~ /^[A-Z]+$/ { print $3 }' <<<"$1"
}

# How many operands there are between the command and the cursor.
_dflres_operands()
{
	local i count=-1

	for ((i = 1; i < cword; i++)); do
		case ${words[i]} in
		-*)
			[[ -n $(_dflres_argument "$help" "${words[i]}") ]] || continue
			((++i))
			# bash makes three words of --width=32
			[[ ${words[i]} != = ]] || ((++i))
			;;
		*) ((++count)) ;;
		esac
	done
	printf '%s\n' "$count"
}

# The operand of USAGE at the cursor.
_dflres_operand()
{
	local usage=${1#Usage: dflres } operands

	operands=$(_dflres_operands)
	case $usage in
	*FEATURE...* | *FEATURE]...*) echo FEATURE ;;
	*FEATURE*)
		usage=${usage#*FEATURE}
		if ((operands == 0)); then
			echo FEATURE
		elif ((operands == 1)) && [[ $usage == ' [FILE]' ]]; then
			echo FILE
		elif ((operands == 1)) && [[ $usage == ' OFFSET'* ]]; then
			echo REGISTER
		fi
		;;
	esac
}

# Each feature by its name, and by its selector: with the name of its id if there is
# one, unless CURRENT has a number there; with the card if CURRENT has one; with
# the instance if several have the same type and id.
_dflres_features()
{
	"$1" list 2>/dev/null | awk -v current="$2" '
		NR == 1 { next }
		{
			name[NR] = $1
			id = $5 == "-" || current ~ /(^|\/)[a-z-]+:[0-9]/ ? $4 : $5
			what[NR] = (current ~ /\// ? $2 "/" : "") $3 ":" id
			if ($3 !~ /^[a-z0-9]/ || id !~ /^[a-z0-9]/)
				what[NR] = ""
			alike[what[NR]]++
		}
		END {
			for (i = 2; i <= NR; i++) {
				print name[i]
				if (what[i] == "")
					continue
				if (alike[what[i]] == 1) {
					print what[i]
				} else {
					print what[i] ":" seen[what[i]] + 0
					if (!seen[what[i]]++)
						print what[i] ":any"
				}
			}
		}'
}

# The registers that have names, and their fields, of the feature on the command line.
_dflres_registers()
{
	local i seen=-1 feature='' file=''

	for ((i = 1; i <= cword; i++)); do
		case ${words[i]} in
		-*)
			[[ -n $(_dflres_argument "$help" "${words[i]}") ]] || continue
			((++i))
			[[ ${words[i]} != = ]] || ((++i))
			[[ ${words[i - 1]} != --registers && ${words[i - 2]} != --registers && ${words[i - 1]} != -R ]] ||
				file=${words[i]}
			;;
		*)
			((++seen != 1)) || feature=${words[i]}
			;;
		esac
	done
	[[ -z $feature ]] || "$1" registers ${file:+"--registers=$file"} "$feature" 2>/dev/null | awk 'NR > 1 { print $2 }'
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

# Words to offer for a KIND of argument, as the help names it
_dflres_words()
{
	case $1 in
	BITS) echo '8 16 32 64' ;;
	WORD) echo 'none kernel user' ;;
	TYPE) echo 'fme port' ;;
	ADDRESS) "$2" list 2>/dev/null | awk 'NR > 1 { print $2 }' | sort -u ;;
	ID) "$2" list 2>/dev/null | awk 'NR > 1 { print $4; if ($5 != "-") print $5 }' | sort -u ;;
	USER) getent passwd | cut -d: -f1 ;;
	GROUP) getent group | cut -d: -f1 ;;
	DRIVER) ls /sys/bus/dfl/drivers 2>/dev/null ;;
	FEATURE) _dflres_features "$2" "$3" ;;
	REGISTER) _dflres_registers "$2" ;;
	esac
}

_dflres()
{
	local dflres=$1 current command help previous start kind='' offered=''
	local -a words
	local cword

	COMPREPLY=()
	_dflres_join
	current=${words[cword]} previous=${words[cword - 1]}
	# bash makes three words of --width=32
	[[ $current != = ]] || current=''
	[[ $previous != = ]] || previous=${words[cword - 2]}
	command=$(_dflres_command)
	if [[ $command == exec ]] && start=$(_dflres_program); then
		if declare -F _command_offset >/dev/null; then
			_command_offset "$start"
		else
			mapfile -t COMPREPLY < <(compgen -c -- "$current" | sort -u)
		fi
		return
	fi
	# shellcheck disable=SC2086 # without a command there is no word
	help=$("$dflres" $command --help 2>/dev/null) || return
	[[ $previous != -* ]] || kind=$(_dflres_argument "$help" "$previous")
	if [[ -n $kind ]]; then
		offered=$(_dflres_words "$kind" "$dflres" "$current")
	elif [[ $current == -* ]]; then
		offered=$(awk '/^  -., --/ { print $2 }' <<<"$help")
	elif [[ -z $command ]]; then
		offered=$(awk '/^Commands:/ { on = 1; next } /^$/ { on = 0 } on { print $1 }' <<<"$help")
	else
		kind=$(_dflres_operand "${help%%$'\n'*}")
		offered=$(_dflres_words "$kind" "$dflres" "$current")
	fi
	if [[ $kind == FILE ]]; then
		compopt -o filenames 2>/dev/null
		mapfile -t COMPREPLY < <(compgen -f -- "$current")
		return
	fi
	mapfile -t COMPREPLY < <(compgen -W "$offered" -- "$current")
	# bash replaces what is behind the last colon alone
	[[ $COMP_WORDBREAKS != *:* ]] || COMPREPLY=("${COMPREPLY[@]#"${current%"${current##*:}"}"}")
}

complete -F _dflres dflres
