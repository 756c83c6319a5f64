// SPDX-License-Identifier: LGPL-2.1-or-later
/* The registers of a claim, in a mapping or by pread and pwrite. */
#include <config.h>

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "internal.h"

#define GUARDS (DFLRES_REGS_GUARD | DFLRES_REGS_GUARD_OWN)
#define MAPPINGS (DFLRES_REGS_NO_MAP | DFLRES_REGS_WRITE_COMBINE)

/* What callers do not see. */
struct regs {
	struct dflres_regs public;
	struct dflres_guard *guard;
	struct dflres_claim *claim;
};

static struct regs *private(struct dflres_regs *regs)
{
	return (struct regs *)regs;
}

static int fd_of(struct dflres_regs *regs)
{
	return private(regs)->claim->fd;
}

/* The end of the claim replaces an earlier error; nothing else does. */
static void note(struct dflres_regs *regs, int error)
{
	int none = 0;

	if (error == -ENODEV)
		__atomic_store_n(&regs->error, error, __ATOMIC_RELAXED);
	else
		__atomic_compare_exchange_n(&regs->error, &none, error, false,
					    __ATOMIC_RELAXED, __ATOMIC_RELAXED);
}

/* ---- opening and closing ---- */

/* -EOPNOTSUPP: the feature is not mappable. */
static int map_file(struct regs *regs, int fd)
{
	void *base = mmap(NULL, regs->public.size, PROT_READ | PROT_WRITE,
			  MAP_SHARED, fd, 0);

	if (base != MAP_FAILED) {
		regs->public.base = base;
		return 0;
	}
	if (errno != ENODEV)
		return -errno;
	return dflres_fd_check(fd) ? -ENODEV : -EOPNOTSUPP;
}

/* The mapping outlives the descriptor. */
static int map_write_combined(struct regs *regs)
{
	int fd, error;

	fd = dflres_claim_file(regs->claim, "dflres/resource0_wc", O_RDWR);
	if (fd < 0)
		return fd == -ENOENT ? -EOPNOTSUPP : fd;
	error = map_file(regs, fd);
	close(fd);
	return error;
}

static int map(struct regs *regs, unsigned int flags)
{
	int error;

	if (flags & DFLRES_REGS_NO_MAP)
		return 0;
	if (flags & DFLRES_REGS_WRITE_COMBINE)
		return map_write_combined(regs);
	error = map_file(regs, regs->claim->fd);
	/* then accesses go by call */
	return error == -EOPNOTSUPP ? 0 : error;
}

static int guard(struct regs *regs, unsigned int flags)
{
	int error;

	if (!regs->public.base || !(flags & GUARDS))
		return 0;
	error = dflres_guard_add(&regs->guard, regs->public.base,
				 regs->public.size, &regs->public.error,
				 flags & DFLRES_REGS_GUARD);
	if (!error)
		regs->public.guarded = regs->public.base;
	return error;
}

static int find_phase(struct regs *regs)
{
	struct dflres_resource resource;
	int error;

	/* a mapping begins with a page */
	if (regs->public.base)
		return 0;
	error = dflres_feature_resource(regs->claim->feature, &resource);
	if (!error)
		regs->public.phase = resource.start % 8;
	return error;
}

static int regs_init(struct regs *regs, unsigned int flags)
{
	struct stat st;
	int error;

	error = dflres_claim_check(regs->claim);
	if (error)
		return error;
	if (fstat(regs->claim->fd, &st))
		return -errno;
	if (st.st_size <= 0 || (uintmax_t)st.st_size > SIZE_MAX)
		return -EIO;
	regs->public.size = st.st_size;
	error = map(regs, flags);
	if (!error)
		error = guard(regs, flags);
	if (!error)
		error = find_phase(regs);
	return error;
}

DFLRES_API int dflres_regs_open(struct dflres_regs **regs,
				const struct dflres_claim *claim,
				unsigned int flags)
{
	struct regs *new;
	int error;

	if (flags & ~(GUARDS | MAPPINGS) || (flags & GUARDS) == GUARDS ||
	    (flags & MAPPINGS) == MAPPINGS)
		return -EINVAL;
	new = calloc(1, sizeof(*new));
	if (!new)
		return -ENOMEM;
	new->claim = dflres_claim_get(claim);
	error = regs_init(new, flags);
	if (error) {
		dflres_regs_close(&new->public);
		return error;
	}
	*regs = &new->public;
	return 0;
}

DFLRES_API void dflres_regs_close(struct dflres_regs *regs)
{
	struct regs *full;

	if (!regs)
		return;
	full = private(regs);
	dflres_guard_remove(full->guard);
	if (regs->base)
		munmap((void *)regs->base, regs->size);
	dflres_claim_put(full->claim);
	free(full);
}

/* ---- accesses by call ---- */

int dflres_regs_check(const struct dflres_regs *regs, size_t offset,
		      unsigned int width)
{
	const size_t bytes = width / 8;

	if (width != 8 && width != 16 && width != 32 && width != 64)
		return -EINVAL;
	if (offset > regs->size || regs->size - offset < bytes)
		return -ERANGE;
	return (regs->phase + offset) % bytes ? -EINVAL : 0;
}

static int check_transfer(struct dflres_regs *regs, ssize_t result, size_t bytes)
{
	int error;

	if (result >= 0)
		return (size_t)result == bytes ? 0 : -EIO;
	error = -errno;
	if (error == -ENODEV)
		note(regs, error);
	return error;
}

/* The first bytes of a little-endian word are the narrower value. */
static int pread_register(struct dflres_regs *regs, size_t offset,
		     unsigned int width, uint64_t *value)
{
	uint64_t word = 0;
	int error;

	error = check_transfer(regs, pread(fd_of(regs), &word, width / 8, offset),
		      width / 8);
	if (!error)
		*value = le64toh(word);
	return error;
}

static int pwrite_register(struct dflres_regs *regs, size_t offset,
		      unsigned int width, uint64_t value)
{
	const uint64_t word = htole64(value);

	return check_transfer(regs, pwrite(fd_of(regs), &word, width / 8, offset),
		     width / 8);
}

DFLRES_API uint64_t dflres_regs_pread(struct dflres_regs *regs,
					  size_t offset, unsigned int width)
{
	uint64_t value;
	int error;

	error = dflres_regs_check(regs, offset, width);
	if (!error)
		error = pread_register(regs, offset, width, &value);
	if (!error)
		return value;
	note(regs, error);
	return UINT64_MAX;
}

DFLRES_API void dflres_regs_pwrite(struct dflres_regs *regs, size_t offset,
				       unsigned int width, uint64_t value)
{
	int error;

	error = dflres_regs_check(regs, offset, width);
	if (!error)
		error = pwrite_register(regs, offset, width, value);
	if (error)
		note(regs, error);
}

DFLRES_API void dflres_regs_bug(const struct dflres_regs *regs, size_t offset,
				unsigned int width)
{
	fprintf(stderr,
		"libdflres: an access of %u bits at offset 0x%zx, which is %s, to registers of 0x%zx bytes\n",
		width, offset, dflres_regs_check(regs, offset, width) == -ERANGE ?
		"beyond the end" : "misaligned", regs->size);
	abort();
}

/* ---- guarded accesses ---- */

static uint64_t load(const volatile void *base, size_t offset,
		     unsigned int width)
{
	switch (width) {
	case 8:
		return dflres_load8(base, offset);
	case 16:
		return dflres_load16(base, offset);
	case 32:
		return dflres_load32(base, offset);
	default:
		return dflres_load64(base, offset);
	}
}

static void store(volatile void *base, size_t offset, unsigned int width,
		  uint64_t value)
{
	switch (width) {
	case 8:
		dflres_store8(base, offset, value);
		break;
	case 16:
		dflres_store16(base, offset, value);
		break;
	case 32:
		dflres_store32(base, offset, value);
		break;
	default:
		dflres_store64(base, offset, value);
	}
}

/* Without a guard, use a call and not the mapping: it cannot give SIGBUS. */
static int safe_read(struct dflres_regs *regs, size_t offset,
			unsigned int width, uint64_t *value)
{
	uint64_t loaded;
	int error;

	if (!regs->guarded)
		return pread_register(regs, offset, width, value);
	loaded = load(regs->guarded, offset, width);
	error = dflres_regs_error(regs);
	if (!error)
		*value = loaded;
	return error;
}

static int safe_write(struct dflres_regs *regs, size_t offset,
			 unsigned int width, uint64_t value)
{
	if (!regs->guarded)
		return pwrite_register(regs, offset, width, value);
	store(regs->guarded, offset, width, value);
	return dflres_regs_error(regs);
}

DFLRES_API int dflres_regs_try_read(struct dflres_regs *regs, size_t offset,
				    unsigned int width, uint64_t *value)
{
	int error = dflres_regs_check(regs, offset, width);

	return error ? error : safe_read(regs, offset, width, value);
}

DFLRES_API int dflres_regs_try_write(struct dflres_regs *regs, size_t offset,
				     unsigned int width, uint64_t value)
{
	int error = dflres_regs_check(regs, offset, width);

	return error ? error : safe_write(regs, offset, width, value);
}

static int check_block(const struct dflres_regs *regs, size_t offset,
		       unsigned int width, size_t length)
{
	int error;

	if (!length)
		return 0;
	error = dflres_regs_check(regs, offset, width);
	if (error)
		return error;
	if (length % (width / 8))
		return -EINVAL;
	return regs->size - offset < length ? -ERANGE : 0;
}

/* The bytes of a value, in the order of the registers. */
static void put_bytes(uint8_t *data, uint64_t value, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++)
		data[i] = value >> (8 * i);
}

static uint64_t get_bytes(const uint8_t *data, size_t bytes)
{
	uint64_t value = 0;

	for (size_t i = 0; i < bytes; i++)
		value |= (uint64_t)data[i] << (8 * i);
	return value;
}

/*
 * The module splits a call into the widest possible accesses, so many accesses
 * of 64 bits can share a call. A call moves at most a page, as for any file in
 * sysfs.
 */
static size_t call_size(const struct dflres_regs *regs, unsigned int width,
			size_t length)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);

	if (regs->guarded || width != 64)
		return width / 8;
	return length < page ? length : page;
}

DFLRES_API int dflres_regs_read_block(struct dflres_regs *regs, size_t offset,
				      unsigned int width, void *data,
				      size_t length)
{
	uint8_t *bytes = data;
	int error;

	error = check_block(regs, offset, width, length);
	while (!error && length) {
		const size_t size = call_size(regs, width, length);
		uint64_t value;

		if (size > sizeof(value)) {
			error = check_transfer(regs, pread(fd_of(regs), bytes, size,
						  offset), size);
		} else {
			error = safe_read(regs, offset, width, &value);
			if (!error)
				put_bytes(bytes, value, size);
		}
		bytes += size;
		offset += size;
		length -= size;
	}
	return error;
}

DFLRES_API int dflres_regs_write_block(struct dflres_regs *regs, size_t offset,
				       unsigned int width, const void *data,
				       size_t length)
{
	const uint8_t *bytes = data;
	int error;

	error = check_block(regs, offset, width, length);
	while (!error && length) {
		const size_t size = call_size(regs, width, length);

		if (size > sizeof(uint64_t))
			error = check_transfer(regs, pwrite(fd_of(regs), bytes, size,
						   offset), size);
		else
			error = safe_write(regs, offset, width,
					      get_bytes(bytes, size));
		bytes += size;
		offset += size;
		length -= size;
	}
	return error;
}
