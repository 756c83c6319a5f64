// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The library's objects in C++: each ends with its scope, also after an exception, and errors are exceptions with a sentence.
 * raii FEATURE tries the register at 0x8 and, where there is one, an interrupt.
 */
#include <dflres.h>
#include <cinttypes>
#include <cstdio>
#include <memory>
#include <string>
#include <system_error>

namespace dfl {

template <typename T, void (*close)(T *)>
struct Closer {
	void operator()(T *object) const { close(object); }
};

template <typename T, void (*close)(T *)>
using Handle = std::unique_ptr<T, Closer<T, close>>;

inline void check(int error, const char *what)
{
	if (error < 0)
		throw std::system_error(-error, std::generic_category(), what);
}

class Irq {
	Handle<dflres_irq, dflres_irq_close> irq;

public:
	Irq(dflres_claim *claim, unsigned int number)
	{
		dflres_irq *opened;

		check(dflres_irq_open(&opened, claim, number, 0), "interrupt");
		irq.reset(opened);
	}
	std::uint64_t wait(int milliseconds)
	{
		std::uint64_t count = 0;

		check(dflres_irq_wait(irq.get(), milliseconds, &count), "interrupt");
		return count;
	}
};

/* A claim and its registers, destroyed in the opposite order. */
class Feature {
	Handle<dflres_claim, dflres_claim_close> claim;
	Handle<dflres_regs, dflres_regs_close> regs;

public:
	explicit Feature(const char *name, unsigned int flags = DFLRES_CLAIM_ATTACH)
	{
		char sentence[DFLRES_SENTENCE_MAX];
		dflres_claim *claimed;
		dflres_regs *opened;
		int error = dflres_claim_select(&claimed, &name, 1, flags, 0, nullptr);

		if (error) {
			dflres_explain_name(name, DFLRES_OPERATION_CLAIM, error, sentence, sizeof(sentence));
			throw std::runtime_error(sentence);
		}
		claim.reset(claimed);
		check(dflres_regs_open(&opened, claim.get(), DFLRES_REGS_GUARD), "registers");
		regs.reset(opened);
	}
	std::uint64_t read64(std::size_t offset)
	{
		std::uint64_t value = 0;

		check(dflres_regs_try_read64(regs.get(), offset, &value), "read");
		return value;
	}
	void write64(std::size_t offset, std::uint64_t value)
	{
		check(dflres_regs_try_write64(regs.get(), offset, value), "write");
	}
	Irq irq(unsigned int number) { return Irq(claim.get(), number); }
};

}

int main(int argc, char **argv)
try {
	dfl::Feature feature(argc == 2 ? argv[1] : "fme:0x30:any");

	feature.write64(0x8, 0x1122334455667788);
	std::printf("0x%016" PRIx64 "\n", feature.read64(0x8));
	std::printf("interrupts: %" PRIu64 "\n", feature.irq(0).wait(5000));
} catch (const std::exception &failure) {
	std::fprintf(stderr, "%s\n", failure.what());
	return 1;
}
