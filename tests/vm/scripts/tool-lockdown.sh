# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
# What dflres(1) says where policy refuses. Lockdown cannot be lifted: the last test of its guest.
# shellcheck source=tests/vm/tap.sh
. tap.sh

card unbind 2>/dev/null
card up /cards/basic.card
insmod "$DFL/dflres.ko" require_iommu=1
# bit 2 of the card's command register: it is the bus's master
printf '\007' | dd of="$(card path)/config" bs=1 seek=4 conv=notrunc 2>/dev/null
dma=$(cat /sys/bus/dfl/devices/dfl_dev.3/dflres/dma)
status "a claim where an IOMMU is required" 5 "dflres: cannot claim dfl_dev.3: the dflres module requires an IOMMU, and the card's DMA is $dma; *" \
	dflres claim dfl_dev.3
status "a program where an IOMMU is required" 5 "dflres: cannot claim dfl_dev.3: the dflres module requires an IOMMU*" dflres exec dfl_dev.3 -- true
rmmod dflres
insmod "$DFL/dflres.ko"
ok "a feature is claimed before the lockdown" dflres claim dfl_dev.4
echo integrity >/sys/kernel/security/lockdown
status "a claim under lockdown" 5 'dflres: cannot claim dfl_dev.3: the kernel is locked down*' dflres claim dfl_dev.3
status "a read under lockdown" 5 'dflres: cannot claim dfl_dev.3: the kernel is locked down*' dflres read dfl_dev.3 0
status "a read under lockdown of what was claimed before" 5 'dflres: cannot access the registers of dfl_dev.4: the kernel is locked down*' dflres read dfl_dev.4 0
status "a dump under lockdown of what was claimed before" 5 'dflres: cannot access the registers of dfl_dev.4: the kernel is locked down*' dflres dump dfl_dev.4
ok "a claim from before the lockdown can be released" dflres release dfl_dev.4
ok "the list works under lockdown" dflres list
finish
