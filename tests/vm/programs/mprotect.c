// SPDX-License-Identifier: GPL-2.0
/*
 * Registers that are mapped stay a device's memory, whatever mprotect() makes of the mapping. It applies the mapping's own
 * protection, which on arm64 has the kind of memory in it. modules/memory_kind.c looks at the page tables.
 */

#define _GNU_SOURCE
#include "guest.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static const char *kind(volatile void *page)
{
	static char text[20];
	int fd = open("/sys/module/memory_kind/parameters/address", O_RDWR | O_CLOEXEC);
	ssize_t n;

	snprintf(text, sizeof(text), "%#lx", (unsigned long)page);
	if (write(fd, text, strlen(text)) < 0)
		bail("memory_kind takes no address: %m");
	n = pread(fd, text, sizeof(text) - 1, 0);
	close(fd);
	text[n > 0 ? n - 1 : 0] = '\0';
	return text;
}

int main(void)
{
	int plain[1] = { 0 };
	volatile uint8_t *map;
	char *feat;

	setup("basic");
	is(load("memory_kind"), 0, "the module that looks at page tables loads");
	feat = need_feature(BIG, 0);
	is(set_owner(feat, "user"), 0, "a feature is claimed");
	map = map_regs(feat, 0, 2 * PAGE);
	is_str(kind(map), "none", "no page table entry is there before the first access");
	is(peek(map, NULL), 0, "a register is read");
	is_str(kind(map), "device", "the page is mapped as a device's");
	is_str(kind(plain), "other", "a page of the stack is not mapped as a device's");
	is(mprotect((void *)map, 2 * PAGE, PROT_READ), 0, "mprotect takes the right to write");
	is_str(kind(map), "device", "the page without the right to write is a device's");
	is(mprotect((void *)map, 2 * PAGE, PROT_READ | PROT_WRITE), 0, "mprotect gives the right to write");
	is_str(kind(map), "device", "the page with the right to write is a device's");
	is(peek(map + PAGE, NULL), 0, "a register of the next page is read");
	is_str(kind(map + PAGE), "device", "a page that was mapped after mprotect is a device's");
	munmap((void *)map, 2 * PAGE);
	is(set_owner(feat, "none"), 0, "the feature is released after mprotect");
	is(unload("memory_kind"), 0, "the module that looks at page tables unloads");
	return done();
}
