# frozen_string_literal: true

# The shop with ActiveRecord.

require 'active_record'
require 'active_record/fixtures'
require 'securerandom'
require 'stringio'
require_relative '../checks'

$stdout.sync = true
DATABASE = { adapter: 'postgresql', host: ENV['PGHOST'],
             username: ENV['PGUSER'], database: ENV['PGDATABASE'] }.freeze
ActiveRecord::Base.establish_connection(DATABASE)
ActiveRecord::Migration.verbose = false

class CreateShop < ActiveRecord::Migration[6.1]
  def change
    create_table(:product) do |t|
      t.text :sku, null: false, index: { unique: true }
      t.text :name, null: false
      t.integer :price, null: false, default: 0
    end
    execute ENABLE
    create_table(:orders) { |t| t.text :customer, null: false }
    create_table(:order_line) do |t|
      t.references :order, null: false, foreign_key: true
      t.bigint :product_id, null: false
      t.integer :quantity, null: false
    end
    execute PIN
  end
end

CreateShop.migrate(:up)

# The optimistic lock of ActiveRecord counts the version.
class Product < ActiveRecord::Base
  self.table_name = PRODUCT
  self.primary_key = 'id'
  self.locking_column = 'version_id'
end

# The rows of today, where the table has others, too.
class CurrentProduct < ActiveRecord::Base
  self.table_name = PRODUCT
  self.primary_key = 'id'
  self.locking_column = 'version_id'
  default_scope { where(is_current_version: true) } if LAYOUT == 'table'
end

class Version < ActiveRecord::Base
  self.table_name = VERSIONS
  self.primary_key = 'id'
  self.locking_column = nil
end

class Order < ActiveRecord::Base
  has_many :lines, class_name: 'OrderLine'
end

class OrderLine < ActiveRecord::Base
  self.table_name = 'order_line'
  belongs_to :order
  belongs_to :product
  belongs_to :current, class_name: 'CurrentProduct', foreign_key: :product_id
  # ActiveRecord 6.1 knows keys of one column: the version is a condition
  belongs_to :bought,
             ->(line) { where(version_id: line.product_version_id) },
             class_name: 'Version', foreign_key: :product_id
  belongs_to :joined_version,
             -> { where("#{VERSIONS}.version_id = order_line.product_version_id") },
             class_name: 'Version', foreign_key: :product_id
end

def execute(statement)
  ActiveRecord::Base.connection.exec_query(statement).rows
end

# What another program does.
def set_price(key, price)
  execute("UPDATE #{PRODUCT} SET price = #{price} WHERE id = #{key}#{CURRENT}")
end

# The id of a product that has had two other prices before.
def product(price)
  key = Product.create!(sku: SecureRandom.hex(4), name: 'pen',
                        price: price - 2).id
  set_price(key, price - 1)
  set_price(key, price)
  key
end

# All prices of a product, oldest first.
def prices(key)
  Version.where(id: key).order(:version_id).pluck(:price)
end

def insert_one
  row = Product.create!(sku: 'generated', name: 'ink', price: 3)
  same(prices(row.id), [3], 'prices')
end

def read_by_id(model = Product)
  same(model.find(product(12)).price, 12, 'price')
end

# reload reads by the key alone, past all scopes.
def reload
  row = CurrentProduct.find(product(12))
  same(row.reload.price, 12, 'price')
end

def save_twice(model = Product)
  row = model.find(product(12))
  row.update!(price: 13)
  row.update!(price: 14)
  same(prices(row.id), [10, 11, 12, 13, 14], 'prices')
end

def stale_write(model = Product)
  key = product(12)
  first = model.find(key)
  second = model.find(key)
  first.update!(price: 13)
  begin
    second.update!(price: 14)
  rescue ActiveRecord::StaleObjectError
    return same(prices(key), [10, 11, 12, 13], 'prices')
  end
  raise Wrong, 'no StaleObjectError'
end

def bulk_update
  keys = [product(5), product(6)]
  same(Product.where(id: keys).update_all('price = price + 1'), 2, 'updated')
  same(keys.map { |k| prices(k) }, [[3, 4, 5, 6], [4, 5, 6, 7]], 'prices')
end

def destroy_one(model = Product)
  row = model.find(product(12))
  row.destroy!
  same(model.where(id: row.id).count, 0, 'rows')
  same(prices(row.id), [10, 11, 12], 'prices')
end

def create_again
  key = product(12)
  execute("DELETE FROM #{PRODUCT} WHERE id = #{key}#{CURRENT}")
  Product.create!(id: key, sku: "again #{key}", name: 'pen', price: 1)
  same(prices(key), [10, 11, 12, 1], 'prices')
end

def upsert
  key = product(12)
  Product.upsert_all([{ id: key, sku: "u#{key}", name: 'pen', price: 13 }])
  same(prices(key), [10, 11, 12, 13], 'prices')
end

def upsert_by_sku
  upsert_by_index(:sku) { |key| { sku: Product.where(id: key).first.sku } }
end

def upsert_by_sku_of_current
  upsert_by_index('index_product_on_sku') do |key|
    { sku: Product.where(id: key).first.sku }
  end
end

def upsert_by_index(index)
  key = product(12)
  Product.upsert_all([{ name: 'pen', price: 13 }.merge(yield(key))],
                     unique_by: index)
  same(prices(key), [10, 11, 12, 13], 'prices')
end

def insert_all
  key = product(12)
  Product.insert_all([{ id: key, sku: 'ignored', name: 'x', price: 2 },
                      { id: key + 1000, sku: "n#{key}", name: 'x', price: 3 }])
  same(prices(key), [10, 11, 12], 'prices')
  same(Product.where(sku: "n#{key}").count, 1, 'new rows')
end

# An order's line with a product whose price has changed since.
def line_of(price)
  key = product(price)
  line = Order.create!(customer: 'Ann').lines
              .create!(product_id: key, quantity: 2)
  set_price(key, 99)
  line
end

def relation(name = :product, wanted = 99, how = :includes)
  line = line_of(12)
  lines = OrderLine.where(id: line.id).send(how, name).to_a
  statements do |seen|
    same(lines.map { |l| l.send(name).price }, [wanted], 'prices')
    same(seen, [], 'eagerly loaded')
  end
end

def statements(&block)
  seen = []
  note = ->(*, payload) { seen << payload[:sql] }
  ActiveSupport::Notifications.subscribed(note, 'sql.active_record') do
    block.call(seen)
  end
end

def relation_to_current
  relation(:current)
end

def pinned
  relation(:bought, 12)
end

def pinned_by_join
  relation(:joined_version, 12, :eager_load)
end

def change_line
  line = line_of(12)
  line.update!(quantity: 3)
  same(line.reload.bought.price, 12, 'price')
end

def lock(model = Product)
  key = product(12)
  model.transaction do
    same(model.lock.where(id: key).map(&:price), [12], 'locked')
    other = PG.connect(dbname: DATABASE[:database])
    seen = other.exec(model.where(id: key).lock('FOR UPDATE SKIP LOCKED').to_sql)
    other.close
    same(seen.ntuples, 0, 'not locked')
  end
end

def count(model = Product)
  keys = [product(5), product(5)]
  same(model.where(id: keys).count, 2, 'count')
end

def introspection
  connection = ActiveRecord::Base.connection
  same(connection.primary_keys(PRODUCT), ['id'], 'key')
  columns = connection.columns(PRODUCT).to_h { |c| [c.name, c] }
  same(columns['sku'].null, false, 'sku may be null')
  same(columns['price'].default, '0', 'default of price')
  Product.reset_column_information
end

# What schema.rb makes of the table, run on an empty database.
def schema_rb
  out = StringIO.new
  ActiveRecord::SchemaDumper.dump(ActiveRecord::Base.connection, out)
  same(out.string.include?('versioned_rows_'), true, 'schema.rb has triggers')
end

# structure.sql is what pg_dump writes.
def structure_sql
  copy = "#{DATABASE[:database]}_copy"
  admin = PG.connect(dbname: 'postgres')
  admin.exec("CREATE DATABASE #{copy}")
  system("pg_dump -s -x -O #{DATABASE[:database]} |" \
         "psql -X -q -v ON_ERROR_STOP=1 -o /dev/null -d #{copy}",
         exception: true)
  loaded = PG.connect(dbname: copy)
  problems = loaded.exec('SELECT * FROM versioned_rows.verify()').to_a
  loaded.close
  same(problems, [], 'problems')
ensure
  admin.exec("DROP DATABASE #{copy}")
  admin.close
end

def migrate(&block)
  migration = Class.new(ActiveRecord::Migration[6.1])
  migration.define_method(:up) { instance_eval(&block) }
  ActiveRecord::Base.transaction { migration.migrate(:up) }
  [Product, CurrentProduct, Version].each(&:reset_column_information)
end

def refer_to_row
  migrate do
    create_table(:reviews) do |t|
      t.references :product, foreign_key: { to_table: PRODUCT }
    end
  end
  migrate { drop_table(:reviews) }
end

# The migration, and what a versioned table needs with it: a view that depends on
# the columns goes and comes back, a table of versions gets the columns.
def migration(column, &block)
  [lambda {
    migrate { instance_exec(PRODUCT, &block) }
    use_column(column)
  }, lambda {
    migrate do
      execute DISABLE unless OWN
      instance_exec('product', &block) unless OWN
      execute ENABLE
    end
    use_column(column)
  }]
end

# The column can be written, and history has it.
def use_column(column)
  key = product(12)
  return same(prices(key), [10, 11, 12], 'prices') unless column

  CurrentProduct.find(key).update!(column => 'red')
  seen = Version.where(id: key).order(:version_id).pluck(column)
  same(seen, [nil, nil, nil, 'red'], column)
end

def truncate
  product(12)
  ActiveRecord::Base.connection.truncate_tables('order_line', 'orders', PRODUCT)
  same(Product.count, 0, 'rows')
end

def truncate_allowed
  execute("ALTER TABLE #{VERSIONS} " \
          'DISABLE TRIGGER "000_versioned_rows_truncate"')
  ActiveRecord::Base.connection.truncate_tables('order_line', 'orders', VERSIONS)
  same(Product.count, 0, 'rows')
end

def delete_all
  product(12)
  [OrderLine, Order, Product].each(&:delete_all)
  same(Product.count, 0, 'rows')
end

def delete_all_and_prune
  execute("SELECT versioned_rows.prune('product', keep => 0)")
  same(Product.count, 0, 'rows')
end

# Rails loads them with all triggers disabled, as its user is a superuser.
def fixtures(columns = {})
  connection = ActiveRecord::Base.connection
  connection.insert_fixtures_set(
    { 'product' => [{ 'id' => 9000, 'sku' => 'fixture', 'name' => 'pen',
                      'price' => 12 }],
      'orders' => [{ 'id' => 9000, 'customer' => 'Ann' }],
      'order_line' => [{ 'id' => 9000, 'order_id' => 9000, 'quantity' => 1,
                         'product_id' => 9000 }.merge(columns)] }
  )
  set_price(9000, 13)
  same(OrderLine.find(9000).bought&.price, 12, 'price')
end

def both(name)
  [method(name), -> { send(name, CurrentProduct) }]
end

OLD = /price: 10 instead of 12/.freeze
NOT_THERE = /is missing in its versions table/.freeze
NO_KEY = /No unique index found/.freeze

check 'insert with a generated id', method(:insert_one)
check 'read by id', *both(:read_by_id), table: OLD
check 'reload', method(:reload), table: OLD
check 'save twice', *both(:save_twice), table: /StaleObjectError/
check 'stale write is refused', method(:stale_write),
      { table: -> { stale_write(CurrentProduct) } },
      table: /StaleObjectError/, facade: /no Stale/, unnumbered: /no Stale/
check 'bulk update', method(:bulk_update)
check 'delete', *both(:destroy_one), table: /StaleObjectError/
check 'create again', method(:create_again)
check 'upsert_all', method(:upsert), views: NO_KEY
check 'upsert_all by a unique column', method(:upsert_by_sku), views: NO_KEY
check 'insert_all', method(:insert_all), views: NO_KEY
check 'relation to the row', method(:relation), method(:relation_to_current),
      table: /prices: \[10\]/
check 'pinned relation', method(:pinned), method(:pinned_by_join),
      everywhere: /instance dependent/
check 'change what pins', method(:change_line)
check 'select for update', *both(:lock), table: /locked: \[10, 11, 12\]/
check 'count', *both(:count), table: /count: 6 instead of 2/
check 'introspection', method(:introspection),
      table: /key: \["id", "version_id"\] instead/, views: /key: \[\] instead/
check 'schema.rb', method(:schema_rb), everywhere: /has triggers: false/
check 'structure.sql', method(:structure_sql)
check 'foreign key to the row', method(:refer_to_row),
      table: /no unique constraint matching/, views: /is not a table/
check 'add a column', *migration('colour') { |t| add_column(t, :colour, :text) },
      views: /ADD COLUMN cannot be performed/, own: NOT_THERE
check 'rename a column',
      *migration('shade') { |t| rename_column(t, :colour, :shade) },
      views: /column "shade" does not exist/, own: NOT_THERE
check 'remove a column', *migration(nil) { |t| remove_column(t, :shade) },
      views: /DROP COLUMN cannot be performed/
check 'fixtures', method(:fixtures)
check 'empty tables by delete_all', method(:delete_all),
      method(:delete_all_and_prune), table: /rows: \d+ instead of 0/
check 'empty tables by truncate_tables', method(:truncate),
      method(:truncate_allowed),
      table: /cannot truncate versioned table/, views: /is not a table/
