'use strict';

// The shop with Sequelize.

const { randomBytes } = require('crypto');
const { DataTypes, Op, OptimisticLockError, Sequelize } = require('sequelize');
const { LAYOUT, PRODUCT, VERSIONS, ENABLE, DISABLE, PIN, CURRENT, NUMBERED, OWN, Wrong, check, same } = require('../checks');

const sequelize = new Sequelize(process.env.PGDATABASE, process.env.PGUSER, '', {
	host: process.env.PGHOST, dialect: 'postgres', logging: false, define: { timestamps: false },
});
const queries = sequelize.getQueryInterface();

const columns = {
	id: { type: DataTypes.INTEGER, primaryKey: true, autoIncrement: true },
	sku: { type: DataTypes.TEXT, allowNull: false },
	name: { type: DataTypes.TEXT, allowNull: false },
	price: { type: DataTypes.INTEGER, allowNull: false, defaultValue: 0 },
};

// The optimistic lock of Sequelize counts the version.
const locked = NUMBERED ? { version: 'version_id' } : {};
const Product = sequelize.define('Product', { ...columns }, { tableName: PRODUCT, ...locked });

// The rows of today, where the table has others, too.
const CurrentProduct = LAYOUT !== 'table' ? Product : sequelize.define('CurrentProduct',
	{ ...columns, is_current_version: DataTypes.BOOLEAN },
	{ tableName: PRODUCT, ...locked, defaultScope: { where: { is_current_version: true } } });

const Version = sequelize.define('Version', {
	id: { type: DataTypes.INTEGER, primaryKey: true },
	version_id: { type: DataTypes.INTEGER, primaryKey: true },
	price: DataTypes.INTEGER,
}, { tableName: VERSIONS });

const Order = sequelize.define('Order', { customer: DataTypes.TEXT }, { tableName: 'orders' });
const OrderLine = sequelize.define('OrderLine', {
	product_id: DataTypes.INTEGER,
	product_version_id: DataTypes.INTEGER,
	quantity: DataTypes.INTEGER,
}, { tableName: 'order_line' });

OrderLine.belongsTo(Order, { foreignKey: 'order_id' });
Order.hasMany(OrderLine, { as: 'lines', foreignKey: 'order_id' });
OrderLine.belongsTo(Product, { as: 'product', foreignKey: 'product_id', constraints: false });
OrderLine.belongsTo(CurrentProduct, { as: 'current', foreignKey: 'product_id', constraints: false });
OrderLine.belongsTo(Version, { as: 'bought', foreignKey: 'product_id', targetKey: 'id', constraints: false });

async function execute(statement) {
	const [rows] = await sequelize.query(statement);
	return rows;
}

async function createShop() {
	await queries.createTable('product', { ...columns });
	await queries.addIndex('product', ['sku'], { unique: true });
	await execute(ENABLE);
	await queries.createTable('orders', {
		id: columns.id,
		customer: { type: DataTypes.TEXT, allowNull: false },
	});
	await queries.createTable('order_line', {
		id: columns.id,
		order_id: { type: DataTypes.INTEGER, allowNull: false, references: { model: 'orders' } },
		product_id: { type: DataTypes.INTEGER, allowNull: false },
		quantity: { type: DataTypes.INTEGER, allowNull: false },
	});
	await execute(PIN);
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
async function prices(id) {
	const found = await Version.findAll({ where: { id }, order: ['version_id'] });
	return found.map((version) => version.price);
}

async function insertOne() {
	const row = await Product.create({ sku: 'generated', name: 'ink', price: 3 });
	same(await prices(row.id), [3], 'prices');
	await row.update({ price: 4 });
	same(await prices(row.id), [3, 4], 'prices');
}

async function insertWithoutNumber() {
	const row = await CurrentProduct.create({ sku: 'generated so', name: 'ink', price: 3 },
		{ fields: ['sku', 'name', 'price'] });
	same(await prices(row.id), [3], 'prices');
	await row.reload();
	await row.update({ price: 4 });
	same(await prices(row.id), [3, 4], 'prices');
}

async function readById(model) {
	same((await model.findByPk(await product(12))).price, 12, 'price');
}

async function reload(model) {
	const row = await model.findOne({ where: { id: await product(12), price: 12 } });
	same((await row.reload()).price, 12, 'price');
}

async function saveTwice(model) {
	const row = await model.findByPk(await product(12));
	await row.update({ price: 13 });
	await row.update({ price: 14 });
	same(await prices(row.id), [10, 11, 12, 13, 14], 'prices');
}

async function staleWrite(model) {
	const key = await product(12);
	const first = await model.findByPk(key);
	const second = await model.findByPk(key);
	await first.update({ price: 13 });
	try {
		await second.update({ price: 14 });
	} catch (error) {
		if (error instanceof OptimisticLockError) {
			return same(await prices(key), [10, 11, 12, 13], 'prices');
		}
		throw error;
	}
	throw new Wrong('no OptimisticLockError');
}

async function bulkUpdate(model) {
	const keys = [await product(5), await product(6)];
	const [count] = await model.update({ price: sequelize.literal('price + 1') }, { where: { id: keys } });
	same(count, 2, 'updated');
	same([await prices(keys[0]), await prices(keys[1])], [[3, 4, 5, 6], [4, 5, 6, 7]], 'prices');
}

async function destroyOne(model) {
	const row = await model.findByPk(await product(12));
	await row.destroy();
	same(await model.count({ where: { id: row.id } }), 0, 'rows');
	same(await prices(row.id), [10, 11, 12], 'prices');
}

async function createAgain() {
	const id = await product(12);
	await execute(`DELETE FROM ${PRODUCT} WHERE id = ${id}${CURRENT}`);
	await Product.create({ id, sku: `again ${id}`, name: 'pen', price: 1 });
	same(await prices(id), [10, 11, 12, 1], 'prices');
}

async function createAgainWithoutNumber() {
	const id = await product(12);
	await execute(`DELETE FROM ${PRODUCT} WHERE id = ${id}${CURRENT}`);
	await Product.create({ id, sku: `so ${id}`, name: 'pen', price: 1 }, { fields: ['id', 'sku', 'name', 'price'] });
	same(await prices(id), [10, 11, 12, 1], 'prices');
}

async function upsert(options) {
	const id = await product(12);
	await Product.upsert({ id, sku: `u${id}`, name: 'pen', price: 13 }, options);
	same(await prices(id), [10, 11, 12, 13], 'prices');
}

const content = ['id', 'sku', 'name', 'price'];
const upsertWithoutNumber = () => upsert({ fields: content });
const upsertCurrent = () => upsert({ fields: content, conflictWhere: { is_current_version: true } });

async function upsertBySku(options) {
	const id = await product(12);
	const { sku } = (await execute(`SELECT sku FROM ${PRODUCT} WHERE id = ${id}`))[0];
	await Product.bulkCreate([{ sku, name: 'pen', price: 13 }],
		{ updateOnDuplicate: ['price'], conflictAttributes: ['sku'], ...options });
	same(await prices(id), [10, 11, 12, 13], 'prices');
}

const upsertBySkuWithoutNumber = () => upsertBySku({ fields: ['sku', 'name', 'price'] });
const upsertCurrentBySku = () => upsertBySku({
	fields: ['sku', 'name', 'price'], conflictWhere: { is_current_version: true },
});

// An order's line with a product whose price has changed since.
async function lineOf(price) {
	const key = await product(price);
	const order = await Order.create({ customer: 'Ann' });
	const line = await OrderLine.create({ order_id: order.id, product_id: key, quantity: 2 });
	await setPrice(key, 99);
	return line;
}

async function relation(include, wanted) {
	const { id } = await lineOf(12);
	const lines = await OrderLine.findAll({ where: { id }, include });
	const name = include.as || include;
	same(lines.map((line) => line[name].price), [wanted], 'prices');
}

const bought = {
	model: Version,
	as: 'bought',
	on: {
		id: { [Op.col]: 'OrderLine.product_id' },
		version_id: { [Op.col]: 'OrderLine.product_version_id' },
	},
};

async function changeLine() {
	const line = await lineOf(12);
	await line.update({ quantity: 3 });
	const again = await OrderLine.findByPk(line.id, { include: [bought] });
	same(again.bought.price, 12, 'price');
}

async function lock(model) {
	const id = await product(12);
	await sequelize.transaction(async (one) => {
		const rows = await model.findAll({ where: { id }, lock: true, transaction: one });
		same(rows.map((row) => row.price), [12], 'locked');
		await sequelize.transaction(async (two) => {
			const others = await model.findAll({ where: { id }, lock: true, skipLocked: true, transaction: two });
			same(others.length, 0, 'not locked');
		});
	});
}

async function count(model) {
	const keys = [await product(5), await product(5)];
	same(await model.count({ where: { id: keys } }), 2, 'count');
}

async function describe() {
	const table = await queries.describeTable(PRODUCT);
	const keys = Object.keys(table).filter((name) => table[name].primaryKey);
	same(keys, ['id'], 'key');
	same(table.sku.allowNull, false, 'sku may be null');
	same(table.price.defaultValue, '0', 'default of price');
}

async function referToRow() {
	await queries.createTable('review', {
		id: columns.id,
		product_id: { type: DataTypes.INTEGER, references: { model: PRODUCT, key: 'id' } },
	});
	await queries.dropTable('review');
}

// The column can be written, and history has it.
async function useColumn(column) {
	const id = await product(12);
	if (!column) {
		return same(await prices(id), [10, 11, 12], 'prices');
	}
	await queries.bulkUpdate(PRODUCT, { [column]: 'red' }, { id, ...(CURRENT && { is_current_version: true }) });
	const seen = await execute(`SELECT ${column} AS c FROM ${VERSIONS} WHERE id = ${id} ORDER BY version_id`);
	same(seen.map((row) => row.c), [null, null, null, 'red'], column);
}

// The migration, and what a versioned table needs with it: a view that depends on
// the columns goes and comes back, a table of versions gets the columns.
function migration(column, change) {
	return [
		async () => {
			await change(PRODUCT);
			await useColumn(column);
		},
		async () => {
			if (!OWN) {
				await execute(DISABLE);
				await change('product');
			}
			await execute(ENABLE);
			await useColumn(column);
		},
	];
}

async function truncate() {
	await product(12);
	await OrderLine.truncate();
	await Product.truncate();
	same(await Product.count(), 0, 'rows');
}

async function truncateAllowed() {
	await execute(`ALTER TABLE ${VERSIONS} DISABLE TRIGGER "000_versioned_rows_truncate"`);
	await execute(`TRUNCATE ${VERSIONS}, order_line`);
	same(await Product.count(), 0, 'rows');
	await execute(ENABLE);
}

async function truncateCascade() {
	await product(12);
	await Product.truncate({ cascade: true });
	same(await Product.count(), 0, 'rows');
}

async function columnsOf(table) {
	return (await execute(`SELECT attname FROM pg_attribute WHERE attrelid = '${table}'::regclass
		AND attnum > 0 AND NOT attisdropped ORDER BY attnum`)).map((row) => row.attname);
}

// As in development: makes the table what the model says.
async function syncAlter() {
	const before = await columnsOf(VERSIONS);
	try {
		await Product.sync({ alter: true });
	} finally {
		same(await columnsOf(VERSIONS), before, 'columns');
	}
	await useColumn(null);
}

const both = (form) => [() => form(Product), () => form(CurrentProduct)];
const OLD = /price: 10 instead of 12/;
const NOT_THERE = /is missing in its versions table/;
const NO_KEY = /no unique or exclusion constraint/;
const LOCK = /SequelizeOptimisticLockError/;

async function main() {
	await createShop();
	await check('insert with a generated id', insertOne, insertWithoutNumber);
	await check('read by id', ...both(readById), { table: OLD });
	await check('reload', ...both(reload), { table: OLD });
	await check('save twice', ...both(saveTwice), { table: LOCK });
	await check('stale write is refused', () => staleWrite(Product), { table: () => staleWrite(CurrentProduct) }, { table: LOCK, facade: /no Opt/, unnumbered: /no Opt/ });
	await check('bulk update', ...both(bulkUpdate));
	await check('delete', ...both(destroyOne), { table: /rows: 3 instead/ });
	await check('create again', createAgain, createAgainWithoutNumber);
	await check('upsert', upsert, { table: upsertCurrent, separate: upsertWithoutNumber }, { table: NO_KEY, views: NO_KEY });
	await check('upsert by a unique column', upsertBySku, { table: upsertCurrentBySku, separate: upsertBySkuWithoutNumber }, { table: NO_KEY, views: NO_KEY });
	await check('relation to the row', () => relation('product', 99), () => relation('current', 99), { table: /prices/ });
	await check('pinned relation', () => relation('bought', 12), () => relation(bought, 12), { everywhere: /prices/ });
	await check('change what pins', changeLine);
	await check('select for update', ...both(lock), { table: /locked/ });
	await check('count', ...both(count), { table: /count: 6 instead of 2/ });
	await check('introspection', describe, null, { table: /key: \["id","version_id"\]/, views: /key: \[\]/ });
	await check('foreign key to the row', referToRow, null, { table: /no unique constraint matching/, views: /is not a table/ });
	await check('add a column', ...migration('colour', (table) => queries.addColumn(table, 'colour', DataTypes.TEXT)), { views: /ADD COLUMN cannot be performed/, own: NOT_THERE });
	await check('rename a column', ...migration('shade', (table) => queries.renameColumn(table, 'colour', 'shade')), { views: /column "shade" does not exist/, own: NOT_THERE });
	await check('remove a column', ...migration(null, (table) => queries.removeColumn(table, 'shade')), { views: /DROP COLUMN cannot be performed/ });
	await check('empty tables by truncate', truncate, truncateAllowed, { table: /cannot truncate/, views: /is not a table/ });
	await check('empty tables by truncate with cascade', truncateCascade, null, { table: /cannot truncate/, views: /is not a table/ });
	await check('sync with alter', syncAlter, null, { table: /columns: /, views: /cannot be performed on relation/ });
	await sequelize.close();
}

main();
