# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
# For tests/demo --shell: a shell with a card, /cards/CARD.card, on the terminal of who has started it
card up "/cards/$1.card"
insmod "$DFL/dflres.ko"
port=/dev/${tests:-ttyS1}
stty -F "$port" sane
cat <<-END
	This is a virtual machine with a card. "exit" ends it.
	  dflres list        the features, and who has them
	  dflres --help      what can be done with them
	  card irq 0         the card interrupts, by its first vector
	  card unbind, bind  the card's driver lets it go, and takes it back
	  insmod \$DFL/uio_dfl.ko, dfl-emif.ko    drivers of the kernel for features
END
dflres list
PS1='card# ' setsid -c sh -i <>"$port" >&0 2>&1
