'use strict';

// The shop with Knex, a query builder: tables and columns, no objects.

const { randomBytes } = require('crypto');
const { PRODUCT, VERSIONS, ENABLE, DISABLE, PIN, CURRENT, OWN, check, same } = require('../checks');
const knex = require('knex')({ client: 'pg', connection: {} });

const current = CURRENT ? { is_current_version: true } : {};

async function createShop() {
	await knex.transaction(async (trx) => {
		await trx.schema.createTable('product', (t) => {
			t.increments('id');
			t.text('sku').notNullable().unique();
			t.text('name').notNullable();
			t.integer('price').notNullable().defaultTo(0);
		});
		await trx.raw(ENABLE);
		await trx.schema.createTable('orders', (t) => {
			t.increments('id');
			t.text('customer').notNullable();
		});
		await trx.schema.createTable('order_line', (t) => {
			t.increments('id');
			t.integer('order_id').notNullable().references('orders.id');
			t.integer('product_id').notNullable();
			t.integer('quantity').notNullable();
		});
		await trx.raw(PIN);
	});
}

const products = (condition) => knex(PRODUCT).where(condition || {});

// What another program does.
const setPrice = (id, price) => products({ id, ...current }).update({ price });

// The id of a product that has had two other prices before.
async function product(price) {
	const row = { sku: randomBytes(4).toString('hex'), name: 'pen', price: price - 2 };
	const [{ id }] = await products().insert(row, ['id']);
	await setPrice(id, price - 1);
	await setPrice(id, price);
	return id;
}

// All prices of a product, oldest first.
const prices = (id) => knex(VERSIONS).where({ id }).orderBy('version_id').pluck('price');

async function insertOne() {
	const [{ id }] = await products().insert({ sku: 'generated', name: 'ink', price: 3 }).returning('id');
	same(await prices(id), [3], 'prices');
}

async function readById(condition) {
	const row = await products({ id: await product(12), ...condition }).first();
	same(row.price, 12, 'price');
}

// Without a condition: it changes the row of today alone.
async function updateTwice() {
	const id = await product(12);
	same(await products({ id }).update({ price: 13 }), 1, 'updated');
	same(await products({ id }).update({ price: 14 }), 1, 'updated');
	same(await prices(id), [10, 11, 12, 13, 14], 'prices');
}

async function staleWrite() {
	const id = await product(12);
	const { version_id } = await products({ id, ...current }).first();
	same(await products({ id, version_id }).update({ price: 13 }), 1, 'updated');
	same(await products({ id, version_id }).update({ price: 14 }), 0, 'updated');
	same(await prices(id), [10, 11, 12, 13], 'prices');
}

async function bulkUpdate() {
	const keys = [await product(5), await product(6)];
	same(await products().whereIn('id', keys).increment('price', 1), 2, 'updated');
	same([await prices(keys[0]), await prices(keys[1])], [[3, 4, 5, 6], [4, 5, 6, 7]], 'prices');
}

async function deleteOne() {
	const id = await product(12);
	same(await products({ id }).del(), 1, 'deleted');
	same(await products({ id, ...current }), [], 'rows');
	same(await prices(id), [10, 11, 12], 'prices');
}

async function createAgain() {
	const id = await product(12);
	await products({ id }).del();
	await products().insert({ id, sku: `again ${id}`, name: 'pen', price: 1 });
	same(await prices(id), [10, 11, 12, 1], 'prices');
}

async function upsert(target) {
	const id = await product(12);
	await products().insert({ id, sku: `u${id}`, name: 'pen', price: 13 }).onConflict(target).merge(['price']);
	same(await prices(id), [10, 11, 12, 13], 'prices');
}

async function upsertBySku(target) {
	const id = await product(12);
	const { sku } = await products({ id }).first('sku');
	await products().insert({ sku, name: 'pen', price: 13 }).onConflict(target).merge(['price']);
	same(await prices(id), [10, 11, 12, 13], 'prices');
}

async function insertOrIgnore() {
	const id = await product(12);
	await products().insert({ id, sku: `i${id}`, name: 'pen' }).onConflict().ignore();
	same(await prices(id), [10, 11, 12], 'prices');
}

// The id of an order's line with a product whose price has changed since.
async function lineOf(price) {
	const product_id = await product(price);
	const [{ id: order_id }] = await knex('orders').insert({ customer: 'Ann' }, ['id']);
	const [{ id }] = await knex('order_line').insert({ order_id, product_id, quantity: 2 }, ['id']);
	await setPrice(product_id, 99);
	return id;
}

async function relation(condition) {
	const found = knex('order_line as l').join(`${PRODUCT} as p`, { 'p.id': 'l.product_id', ...condition });
	same(await found.where('l.id', await lineOf(12)).pluck('p.price'), [99], 'prices');
}

const pinnedPrices = (id) => knex('order_line as l')
	.join(`${VERSIONS} as v`, { 'v.id': 'l.product_id', 'v.version_id': 'l.product_version_id' })
	.where('l.id', id).pluck('v.price');

async function pinned() {
	same(await pinnedPrices(await lineOf(12)), [12], 'prices');
}

async function changeLine() {
	const id = await lineOf(12);
	await knex('order_line').where({ id }).update({ quantity: 3 });
	same(await pinnedPrices(id), [12], 'prices');
}

async function lock(condition) {
	const id = await product(12);
	await knex.transaction(async (one) => {
		const rows = await one(PRODUCT).where({ id, ...condition }).forUpdate();
		same(rows.map((row) => row.price), [12], 'locked');
		await knex.transaction(async (two) => {
			same(await two(PRODUCT).where({ id, ...condition }).forUpdate().skipLocked(), [], 'not locked');
		});
	});
}

async function count(condition) {
	const keys = [await product(5), await product(5)];
	const [found] = await products(condition).whereIn('id', keys).count('* as count');
	same(Number(found.count), 2, 'count');
}

async function columnInfo() {
	const columns = await knex(PRODUCT).columnInfo();
	same(columns.sku.nullable, false, 'sku may be null');
	same(/^0/.test(columns.price.defaultValue), true, 'price has a default');
}

async function referToRow() {
	await knex.schema.createTable('review', (t) => {
		t.increments('id');
		t.integer('product_id').references('id').inTable(PRODUCT);
	});
	await knex.schema.dropTable('review');
}

// The column can be written, and history has it.
async function useColumn(column) {
	const id = await product(12);
	if (!column) {
		return same(await prices(id), [10, 11, 12], 'prices');
	}
	await products({ id }).update({ [column]: 'red' });
	const seen = await knex(VERSIONS).where({ id }).orderBy('version_id').pluck(column);
	same(seen, [null, null, null, 'red'], column);
}

// The migration, and what a versioned table needs with it: a view that depends on
// the columns goes and comes back, a table of versions gets the columns.
function migration(column, change) {
	return [
		async () => {
			await knex.schema.alterTable(PRODUCT, change);
			await useColumn(column);
		},
		async () => {
			await knex.transaction(async (trx) => {
				if (!OWN) {
					await trx.raw(DISABLE);
					await trx.schema.alterTable('product', change);
				}
				await trx.raw(ENABLE);
			});
			await useColumn(column);
		},
	];
}

async function deleteAll() {
	await product(12);
	await knex('order_line').del();
	await products().del();
	same(await products(), [], 'rows');
}

async function deleteAllAndPrune() {
	await knex.raw("SELECT versioned_rows.prune('product', keep => 0)");
	same(await products(), [], 'rows');
}

async function truncate() {
	await product(12);
	await knex.raw('TRUNCATE order_line');
	await products().truncate();
	same(await products(), [], 'rows');
	same(await product(12), 1, 'id');
}

async function truncateAllowed() {
	await knex.raw(`ALTER TABLE ${VERSIONS} DISABLE TRIGGER "000_versioned_rows_truncate"`);
	await knex.raw(`TRUNCATE ${VERSIONS}, order_line`);
	same(await products(), [], 'rows');
}

const where = (column) => knex.raw(`(${column}) WHERE is_current_version`);
const NOT_THERE = /is missing in its versions table/;
const NO_KEY = /no unique or exclusion constraint/;

async function main() {
	await createShop();
	await check('insert with a generated id', insertOne);
	await check('read by id', readById, () => readById(current), { table: /price: 10 instead of 12/ });
	await check('update twice', updateTwice);
	await check('stale write is refused', staleWrite, null, { facade: /version_id/, unnumbered: /version_id/ });
	await check('bulk update', bulkUpdate);
	await check('delete', deleteOne);
	await check('create again', createAgain);
	await check('upsert', () => upsert('id'), { table: () => upsert(where('id')) }, { table: NO_KEY, views: NO_KEY });
	await check('upsert by a unique column', () => upsertBySku('sku'), { table: () => upsertBySku(where('sku')) }, { table: NO_KEY, views: NO_KEY });
	await check('insert or ignore', insertOrIgnore);
	await check('relation to the row', () => relation(), () => relation({ 'p.is_current_version': knex.raw('true') }), { table: /prices: \[10,11,12,99\]/ });
	await check('pinned relation', pinned);
	await check('change what pins', changeLine);
	await check('select for update', () => lock(), () => lock(current), { table: /locked: \[10,11,12\]/ });
	await check('count', () => count(), () => count(current), { table: /count: 6 instead/ });
	await check('introspection', columnInfo, null, { views: /sku may be null/ });
	await check('foreign key to the row', referToRow, null, { table: /no unique constraint matching/, views: /is not a table/ });
	await check('add a column', ...migration('colour', (t) => t.text('colour')), { views: /ADD COLUMN cannot be performed/, own: NOT_THERE });
	await check('rename a column', ...migration('shade', (t) => t.renameColumn('colour', 'shade')), { views: /column "shade" does not exist/, own: NOT_THERE });
	await check('remove a column', ...migration(null, (t) => t.dropColumn('shade')), { views: /DROP COLUMN cannot be performed/ });
	await check('empty tables by del', deleteAll, deleteAllAndPrune, { table: /rows: / });
	await check('empty tables by truncate', truncate, truncateAllowed, { table: /cannot truncate/, views: /is not a table/ });
	await knex.destroy();
}

main();
