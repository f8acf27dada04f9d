'use strict';

// The shop with TypeORM.

const { randomBytes } = require('crypto');
require('reflect-metadata');
const { DataSource, EntitySchema, In, Table, TableColumn, TableForeignKey } = require('typeorm');
const { LAYOUT, PRODUCT, VERSIONS, ENABLE, DISABLE, PIN, CURRENT, NUMBERED, OWN, Wrong, check, same } = require('../checks');

const content = {
	sku: { type: 'text' },
	name: { type: 'text' },
	price: { type: 'int', default: 0 },
};

const Product = new EntitySchema({
	name: 'Product',
	tableName: PRODUCT,
	columns: {
		id: { type: 'int', primary: true, generated: true },
		...content,
		...(NUMBERED && { version_id: { type: 'int', version: true, default: 1 } }),
	},
	indices: [{ columns: ['sku'], unique: true }],
});

// The table itself under the key that it has there.
const Row = new EntitySchema({
	name: 'Row',
	tableName: PRODUCT,
	columns: {
		id: { type: 'int', primary: true, generated: true },
		version_id: { type: 'int', primary: true, insert: false, update: false },
		...content,
		is_current_version: { type: 'boolean', insert: false, update: false },
	},
});

const Version = new EntitySchema({
	name: 'Version',
	tableName: VERSIONS,
	columns: {
		id: { type: 'int', primary: true },
		version_id: { type: 'int', primary: true },
		price: { type: 'int' },
	},
	synchronize: false,
});

const Order = new EntitySchema({
	name: 'Order',
	tableName: 'orders',
	columns: { id: { type: 'int', primary: true, generated: true }, customer: { type: 'text' } },
	relations: { lines: { type: 'one-to-many', target: 'OrderLine', inverseSide: 'order', cascade: true } },
});

const OrderLine = new EntitySchema({
	name: 'OrderLine',
	tableName: 'order_line',
	columns: {
		id: { type: 'int', primary: true, generated: true },
		product_id: { type: 'int' },
		// filled in by the database
		product_version_id: { type: 'int', nullable: true, insert: false, update: false },
		quantity: { type: 'int' },
	},
	relations: {
		order: { type: 'many-to-one', target: 'Order', inverseSide: 'lines', joinColumn: { name: 'order_id' } },
		product: {
			type: 'many-to-one', target: 'Product', createForeignKeyConstraints: false,
			joinColumn: { name: 'product_id', referencedColumnName: 'id' },
		},
		bought: {
			type: 'many-to-one', target: 'Version', createForeignKeyConstraints: false,
			joinColumn: [
				{ name: 'product_id', referencedColumnName: 'id' },
				{ name: 'product_version_id', referencedColumnName: 'version_id' },
			],
		},
	},
});

const source = new DataSource({
	type: 'postgres',
	host: process.env.PGHOST,
	username: process.env.PGUSER,
	database: process.env.PGDATABASE,
	entities: [Product, Version, Order, OrderLine, ...(LAYOUT === 'table' ? [Row] : [])],
});
const products = source.getRepository('Product');
const versions = source.getRepository('Version');
const orders = source.getRepository('Order');
const lines = source.getRepository('OrderLine');
const rows = LAYOUT === 'table' ? source.getRepository('Row') : null;
const current = rows ? { is_current_version: true } : {};

const execute = (statement) => source.query(statement);

async function migrate(change) {
	const runner = source.createQueryRunner();
	try {
		await runner.startTransaction();
		await change(runner);
		await runner.commitTransaction();
	} catch (error) {
		await runner.rollbackTransaction();
		throw error;
	} finally {
		await runner.release();
	}
}

const id = { name: 'id', type: 'int', isPrimary: true, isGenerated: true, generationStrategy: 'increment' };

function createShop() {
	return migrate(async (runner) => {
		await runner.createTable(new Table({
			name: 'product',
			columns: [id, { name: 'sku', type: 'text' }, { name: 'name', type: 'text' },
				{ name: 'price', type: 'int', default: 0 }],
			indices: [{ columnNames: ['sku'], isUnique: true }],
		}));
		await runner.query(ENABLE);
		await runner.createTable(new Table({ name: 'orders', columns: [id, { name: 'customer', type: 'text' }] }));
		await runner.createTable(new Table({
			name: 'order_line',
			columns: [id, { name: 'order_id', type: 'int' }, { name: 'product_id', type: 'int' },
				{ name: 'quantity', type: 'int' }],
			foreignKeys: [{ columnNames: ['order_id'], referencedTableName: 'orders', referencedColumnNames: ['id'] }],
		}));
		await runner.query(PIN);
	});
}

// What another program does.
function setPrice(key, price) {
	return execute(`UPDATE ${PRODUCT} SET price = ${price} WHERE id = ${key}${CURRENT}`);
}

// The id of a product that has had two other prices before.
async function product(price) {
	const sku = randomBytes(4).toString('hex');
	const [row] = await execute(`INSERT INTO ${PRODUCT} (sku, name, price) VALUES ('${sku}', 'pen', ${price - 2}) RETURNING id`);
	await setPrice(row.id, price - 1);
	await setPrice(row.id, price);
	return row.id;
}

// All prices of a product, oldest first.
async function prices(key) {
	const found = await versions.find({ where: { id: key }, order: { version_id: 'ASC' } });
	return found.map((version) => version.price);
}

async function insertOne() {
	const row = await products.save({ sku: 'generated', name: 'ink', price: 3 });
	same(await prices(row.id), [3], 'prices');
}

async function readById(repository, where) {
	const row = await repository.findOneBy({ id: await product(12), ...where });
	same(row.price, 12, 'price');
}

async function saveTwice(repository, where) {
	const row = await repository.findOneBy({ id: await product(12), ...where });
	row.price = 13;
	await repository.save(row);
	row.price = 14;
	await repository.save(row);
	same(await prices(row.id), [10, 11, 12, 13, 14], 'prices');
}

async function updateTwice() {
	const key = await product(12);
	await rows.update({ id: key, ...current }, { price: 13 });
	await rows.update({ id: key, ...current }, { price: 14 });
	same(await prices(key), [10, 11, 12, 13, 14], 'prices');
}

async function staleWrite() {
	const key = await product(12);
	const first = await products.findOneBy({ id: key });
	const second = await products.findOneBy({ id: key });
	await products.save({ ...first, price: 13 });
	try {
		await products.save({ ...second, price: 14 });
	} catch (error) {
		if (/"version_id" of versioned table "product.*" cannot be set/.test(error.message)) {
			return same(await prices(key), [10, 11, 12, 13], 'prices');
		}
		throw error;
	}
	throw new Wrong('no error');
}

// save() does not look at the version: a query that asks for it does.
async function staleUpdate(repository) {
	const key = await product(12);
	const row = await repository.findOneBy({ id: key, ...current });
	for (const [price, count] of [[13, 1], [14, 0]]) {
		const result = await repository.update({ id: key, version_id: row.version_id }, { price });
		same(result.affected, count, 'affected');
	}
	same(await prices(key), [10, 11, 12, 13], 'prices');
}

async function bulkUpdate() {
	const keys = [await product(5), await product(6)];
	const result = await products.update({ id: In(keys) }, { price: () => 'price + 1' });
	same(result.affected, 2, 'updated');
	same([await prices(keys[0]), await prices(keys[1])], [[3, 4, 5, 6], [4, 5, 6, 7]], 'prices');
}

async function removeOne(repository, where) {
	const row = await repository.findOneBy({ id: await product(12), ...where });
	const key = row.id;
	await repository.remove(row);
	same(await repository.countBy({ id: key, ...where }), 0, 'rows');
	same(await prices(key), [10, 11, 12], 'prices');
}

async function createAgain() {
	const key = await product(12);
	await execute(`DELETE FROM ${PRODUCT} WHERE id = ${key}${CURRENT}`);
	// without the list of columns, TypeORM leaves a generated key out
	await products.createQueryBuilder().insert().into(Product, ['id', 'sku', 'name', 'price'])
		.values({ id: key, sku: `again ${key}`, name: 'pen', price: 1 }).execute();
	same(await prices(key), [10, 11, 12, 1], 'prices');
}

async function upsertBySku(options) {
	const key = await product(12);
	const [{ sku }] = await execute(`SELECT sku FROM ${PRODUCT} WHERE id = ${key}`);
	await products.upsert({ sku, name: 'pen', price: 13 }, options);
	same(await prices(key), [10, 11, 12, 13], 'prices');
}

const upsertCurrentBySku = () => upsertBySku({ conflictPaths: ['sku'], indexPredicate: 'is_current_version' });

// An order's line with a product whose price has changed since.
async function lineOf(price) {
	const key = await product(price);
	const order = await orders.save({ customer: 'Ann', lines: [{ product_id: key, quantity: 2 }] });
	await setPrice(key, 99);
	return order.lines[0];
}

async function relation(name, wanted, condition) {
	const line = await lineOf(12);
	const found = await lines.find({ where: { id: line.id, ...condition }, relations: { [name]: true } });
	same(found.map((row) => row[name].price), [wanted], 'prices');
}

async function relationToCurrent() {
	const { id: key } = await lineOf(12);
	const found = await lines.createQueryBuilder('line').where({ id: key })
		.leftJoinAndMapOne('line.product', 'Row', 'row', 'row.id = line.product_id AND row.is_current_version').getMany();
	same(found.map((row) => row.product.price), [99], 'prices');
}

async function changeLine() {
	const { id: key } = await lineOf(12);
	const line = await lines.findOneBy({ id: key });
	line.quantity = 3;
	await lines.save(line);
	const again = await lines.findOne({ where: { id: key }, relations: { bought: true } });
	same(again.bought.price, 12, 'price');
}

async function lock(name, condition) {
	const key = await product(12);
	await source.transaction(async (one) => {
		const ask = { where: { id: key, ...condition }, lock: { mode: 'pessimistic_write' } };
		const found = await one.find(name, ask);
		same(found.map((row) => row.price), [12], 'locked');
		await source.transaction(async (two) => {
			ask.lock.onLocked = 'skip_locked';
			same((await two.find(name, ask)).length, 0, 'not locked');
		});
	});
}

async function count(repository, condition) {
	const keys = [await product(5), await product(5)];
	same(await repository.countBy({ id: In(keys), ...condition }), 2, 'count');
}

async function introspection() {
	await migrate(async (runner) => {
		const table = await runner.getTable(PRODUCT);
		same(table.primaryColumns.map((column) => column.name), ['id'], 'key');
		same(table.findColumnByName('sku').isNullable, false, 'sku may be null');
		same(/0/.test(table.findColumnByName('price').default), true, 'price has a default');
	});
}

// What synchronize() would do to the table of products.
async function synchronize() {
	const { upQueries } = await source.driver.createSchemaBuilder().log();
	const ours = upQueries.map((q) => q.query).filter((q) => /"(current_)?product"|product_versions/.test(q));
	same(ours, [], 'statements');
}

async function referToRow() {
	await migrate(async (runner) => {
		await runner.createTable(new Table({ name: 'review', columns: [id, { name: 'product_id', type: 'int' }] }));
		await runner.createForeignKey('review', new TableForeignKey({
			columnNames: ['product_id'], referencedTableName: PRODUCT, referencedColumnNames: ['id'],
		}));
		await runner.dropTable('review');
	});
}

// The column can be written, and history has it.
async function useColumn(column) {
	const key = await product(12);
	if (!column) {
		return same(await prices(key), [10, 11, 12], 'prices');
	}
	await execute(`UPDATE ${PRODUCT} SET ${column} = 'red' WHERE id = ${key}${CURRENT}`);
	const seen = await execute(`SELECT ${column} AS c FROM ${VERSIONS} WHERE id = ${key} ORDER BY version_id`);
	same(seen.map((row) => row.c), [null, null, null, 'red'], column);
}

// The migration, and what a versioned table needs with it: a view that depends on
// the columns goes and comes back, a table of versions gets the columns.
function migration(column, change) {
	return [
		async () => {
			await migrate((runner) => change(runner, PRODUCT));
			await useColumn(column);
		},
		async () => {
			await migrate(async (runner) => {
				if (!OWN) {
					await runner.query(DISABLE);
					await change(runner, 'product');
				}
				await runner.query(ENABLE);
			});
			await useColumn(column);
		},
	];
}

async function clear() {
	await product(12);
	await execute('DELETE FROM order_line');
	await products.clear();
	same(await products.count(), 0, 'rows');
}

async function truncateAllowed() {
	await execute(`ALTER TABLE ${VERSIONS} DISABLE TRIGGER "000_versioned_rows_truncate"`);
	await execute(`TRUNCATE ${VERSIONS}, order_line`);
	same(await products.count(), 0, 'rows');
	await execute(ENABLE);
}

async function truncateCascade() {
	await product(12);
	await execute(`TRUNCATE ${PRODUCT} CASCADE`);
	same(await products.count(), 0, 'rows');
}

const both = (form) => [() => form(products), () => form(rows, current)];

const OLD = /price: 10 instead of 12/;
const NOT_THERE = /is missing in its versions table/;
const NO_KEY = /no unique or exclusion constraint/;

async function main() {
	await source.initialize();
	await createShop();
	await check('insert with a generated id', insertOne);
	await check('read by id', ...both(readById), { table: OLD });
	await check('save twice', () => saveTwice(products));
	if (rows) {
		await check('save twice under the whole key', () => saveTwice(rows, current), updateTwice, { table: /prices: \[10,11,12,13\] instead/ });
	}
	await check('stale write is refused', staleWrite, { table: () => staleUpdate(rows) }, { table: /no error/, facade: /no error/, unnumbered: /no error/ });
	await check('bulk update', bulkUpdate);
	await check('delete', ...both(removeOne), { table: /rows: 3/ });
	await check('create again', createAgain);
	await check('upsert by a unique column', () => upsertBySku(['sku']), { table: upsertCurrentBySku }, { table: NO_KEY, views: NO_KEY });
	await check('relation to the row', () => relation('product', 99), relationToCurrent, { table: /prices: \[10\] instead/ });
	await check('pinned relation', () => relation('bought', 12));
	await check('change what pins', changeLine);
	await check('select for update', () => lock('Product'), () => lock('Row', current), { table: /locked: \[10\] instead/ });
	await check('count', ...both(count), { table: /count: 6 instead/ });
	await check('introspection', introspection, null, { table: /key: \["id","version_id"\]/, views: /key: \[\]/ });
	await check('synchronize proposes nothing', synchronize, null, { table: /DROP COLUMN/, views: /ALTER TABLE/ });
	await check('foreign key to the row', referToRow, null, { table: /no unique constraint matching/, views: /is not a table/ });
	await check('add a column', ...migration('colour', (runner, table) => runner.addColumn(table, new TableColumn({ name: 'colour', type: 'text', isNullable: true }))), { views: /ADD COLUMN cannot be performed/, own: NOT_THERE });
	await check('rename a column', ...migration('shade', (runner, table) => runner.renameColumn(table, 'colour', 'shade')), { views: /column "shade" does not exist/, own: NOT_THERE });
	await check('remove a column', ...migration(null, (runner, table) => runner.dropColumn(table, 'shade')), { views: /DROP COLUMN cannot be performed/ });
	await check('empty tables by clear', clear, truncateAllowed, { table: /cannot truncate/, views: /is not a table/ });
	await check('empty tables by TRUNCATE CASCADE', truncateCascade, null, { table: /cannot truncate/, views: /is not a table/ });
	await source.destroy();
}

main();
