'use strict';

// What checks.py is for the examples in Python, see there.

const { LAYOUT, PRODUCT, VERSIONS, ENABLE, DISABLE, PIN } = process.env;
const CURRENT = LAYOUT === 'table' ? ' AND is_current_version' : '';
const NUMBERED = ['table', 'view', 'separate'].includes(LAYOUT);
const OWN = ['separate', 'unnumbered'].includes(LAYOUT);
const VIEW = ['view', 'facade'].includes(LAYOUT);

// Runs one operation and prints its verdict.  so is nothing, a function, or an
// object with one for each layout that has one.
async function check(operation, form, so, fails = {}) {
	const names = [LAYOUT, ...(VIEW ? ['views'] : []), ...(OWN ? ['own'] : []), 'everywhere'];
	const name = names.find((n) => n in fails);
	try {
		const verdict = await verdictOf(form, so, fails[name]);
		console.log(`ok - ${operation}: ${verdict}`);
	} catch (error) {
		const lines = (error.stack || '').split('\n').filter((l) => /examples/.test(l) && !/node_modules/.test(l));
		console.log(`# lines ${lines.map((l) => l.replace(/.*?:(\d+):\d+\)?$/, '$1')).join(' ')}: ${messageOf(error)}`);
		console.log(`not ok - ${operation}`);
	}
}

async function verdictOf(form, so, pattern) {
	if (!pattern) {
		await form();
		return 'works';
	}
	const error = await expectFailure(form, pattern);
	const silently = error instanceof Wrong ? ' (!)' : '';
	const second = typeof so === 'function' || !so ? so : so[LAYOUT];
	if (!second) {
		return `no${silently}`;
	}
	await second();
	return `so${silently}`;
}

// A result that is not what it should be.
class Wrong extends Error {
}

// Resolves to the error with which form fails.
async function expectFailure(form, pattern) {
	try {
		await form();
	} catch (error) {
		if (pattern.test(messageOf(error))) {
			return error;
		}
		throw error;
	}
	throw new Error(`should have failed with ${pattern}`);
}

function messageOf(error) {
	return `${error.name}: ${error.message}`.split('\n')[0];
}

function same(seen, wanted, what) {
	if (JSON.stringify(seen) !== JSON.stringify(wanted)) {
		throw new Wrong(`${what}: ${JSON.stringify(seen)} instead of ${JSON.stringify(wanted)}`);
	}
}

module.exports = { LAYOUT, PRODUCT, VERSIONS, ENABLE, DISABLE, PIN, CURRENT, NUMBERED, OWN, VIEW, Wrong, check, same };
