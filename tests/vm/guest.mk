# SPDX-License-Identifier: GPL-2.0
# The guest's programs: its tools, and every test in programs/ and ../bench linked with guest.c. Run in the build directory, with
# src= the directory of this file.
CFLAGS = -O2 -Wall -Wextra -Werror -pthread
tests = $(basename $(notdir $(wildcard $(src)/programs/*.c $(src)/../bench/*.c)))
vpath %.c $(src)/programs $(src)/../bench

tools = card registers

all: $(tools) $(tests)

$(tools): %: $(src)/%.c
	$(CC) $(CFLAGS) -static -o $@ $<

guest.o: $(src)/guest.c $(src)/guest.h
	$(CC) $(CFLAGS) -c -o $@ $<

$(tests): %: %.c $(src)/guest.h $(wildcard $(src)/cards/*.h) guest.o
	$(CC) $(CFLAGS) -static -I$(src) -o $@ $< guest.o

.DELETE_ON_ERROR:
