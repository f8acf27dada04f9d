import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.Function;

import javax.persistence.Column;
import javax.persistence.Entity;
import javax.persistence.FetchType;
import javax.persistence.GeneratedValue;
import javax.persistence.GenerationType;
import javax.persistence.Id;
import javax.persistence.IdClass;
import javax.persistence.JoinColumn;
import javax.persistence.JoinColumns;
import javax.persistence.ManyToOne;
import javax.persistence.MappedSuperclass;
import javax.persistence.SequenceGenerator;
import javax.persistence.Table;
import javax.persistence.Version;

import org.hibernate.LockMode;
import org.hibernate.Query;
import org.hibernate.ReplicationMode;
import org.hibernate.Session;
import org.hibernate.SessionFactory;
import org.hibernate.StaleObjectStateException;
import org.hibernate.annotations.Generated;
import org.hibernate.annotations.GenerationTime;
import org.hibernate.cfg.Configuration;
import org.hibernate.cfg.DefaultNamingStrategy;
import org.hibernate.dialect.PostgreSQLDialect;
import org.hibernate.tool.hbm2ddl.DatabaseMetadata;
import org.hibernate.tool.hbm2ddl.SchemaUpdate;

/** The shop with Hibernate. */
public class Run {
    /** What a product is, with and without a number. */
    @MappedSuperclass
    public static class Goods {
        @Id
        @GeneratedValue(strategy = GenerationType.SEQUENCE, generator = "ids")
        @SequenceGenerator(name = "ids", sequenceName = "product_id_seq", allocationSize = 1)
        public Integer id;
        @Column(nullable = false)
        public String sku;
        @Column(nullable = false)
        public String name;
        @Column(nullable = false)
        public int price;
    }

    /** The optimistic lock of Hibernate counts the version. */
    @Entity(name = "Product")
    @Table(name = "product")
    public static class Numbered extends Goods {
        @Version
        @Column(name = "version_id")
        public Integer version;
    }

    @Entity(name = "Product")
    @Table(name = "product")
    public static class Plain extends Goods {
    }

    /** The table of products after a migration. */
    @Entity(name = "Product")
    @Table(name = "product")
    public static class Coloured extends Goods {
        public String colour;
    }

    public static class Key implements Serializable {
        public Integer id;
        public Integer version;

        @Override
        public boolean equals(Object other) {
            return other instanceof Key && id.equals(((Key) other).id) && version.equals(((Key) other).version);
        }

        @Override
        public int hashCode() {
            return 31 * id + version;
        }
    }

    @Entity
    @Table(name = "versions")
    @IdClass(Key.class)
    public static class Image {
        @Id
        public Integer id;
        @Id
        @Column(name = "version_id")
        public Integer version;
        public int price;
    }

    /** An order's line, which pins the version that the database fills in. */
    @MappedSuperclass
    public abstract static class Line {
        @Id
        @GeneratedValue(strategy = GenerationType.SEQUENCE, generator = "lines")
        @SequenceGenerator(name = "lines", sequenceName = "order_line_id_seq", allocationSize = 1)
        public Integer id;
        @Column(name = "product_id", nullable = false)
        public Integer productId;
        @Generated(GenerationTime.INSERT)
        @Column(name = "product_version_id", insertable = false, updatable = false)
        public Integer productVersion;
        @Column(nullable = false)
        public int quantity;
        @ManyToOne(fetch = FetchType.LAZY)
        @JoinColumns({
            @JoinColumn(name = "product_id", referencedColumnName = "id", insertable = false, updatable = false),
            @JoinColumn(name = "product_version_id", referencedColumnName = "version_id", insertable = false,
                updatable = false)})
        public Image bought;

        public abstract Goods product();
    }

    @Entity(name = "OrderLine")
    @Table(name = "order_line")
    public static class NumberedLine extends Line {
        @ManyToOne(fetch = FetchType.LAZY)
        @JoinColumn(name = "product_id", insertable = false, updatable = false)
        public Numbered product;

        @Override
        public Goods product() {
            return product;
        }
    }

    @Entity(name = "OrderLine")
    @Table(name = "order_line")
    public static class PlainLine extends Line {
        @ManyToOne(fetch = FetchType.LAZY)
        @JoinColumn(name = "product_id", insertable = false, updatable = false)
        public Plain product;

        @Override
        public Goods product() {
            return product;
        }
    }

    @Entity
    @Table(name = "review")
    public static class Review {
        @Id
        public Integer id;
        @ManyToOne
        public Coloured product;
    }

    static final Class<? extends Goods> GOODS = Checks.NUMBERED ? Numbered.class : Plain.class;
    static final Class<? extends Line> LINE = Checks.NUMBERED ? NumberedLine.class : PlainLine.class;
    static final String TODAY = Checks.CURRENT.replace("AND ", "and ") + (Checks.CURRENT.isEmpty() ? "" : " = true");
    static final SessionFactory FACTORY = configure(Checks.PRODUCT, GOODS, LINE, Image.class).buildSessionFactory();

    /** The table of products has another name in each layout. */
    static Configuration configure(String product, Class<?>... classes) {
        Configuration configuration = new Configuration();
        configuration.setNamingStrategy(new DefaultNamingStrategy() {
            @Override
            public String tableName(String name) {
                // one table of two classes must have two names
                return name.equals("product") ? product : name.equals("versions") ? "public." + Checks.VERSIONS : name;
            }
        });
        for (Class<?> mapped : classes) {
            configuration.addAnnotatedClass(mapped);
        }
        return configuration
            .setProperty("hibernate.dialect", PostgreSQLDialect.class.getName())
            .setProperty("hibernate.temp.use_jdbc_metadata_defaults", "false")
            .setProperty("hibernate.connection.url", "jdbc:postgresql://localhost/" + System.getenv("PGDATABASE")
                + "?sslmode=disable&socketFactory=org.newsclub.net.unix.AFUNIXSocketFactory$FactoryArg"
                + "&socketFactoryArg=" + System.getenv("PGHOST") + "/.s.PGSQL.5432")
            .setProperty("hibernate.connection.username", System.getenv("PGUSER"));
    }

    /** Runs a unit of work in a session and a transaction of its own. */
    static <T> T work(Function<Session, T> unit) {
        Session session = FACTORY.openSession();
        try {
            session.beginTransaction();
            T result = unit.apply(session);
            session.getTransaction().commit();
            return result;
        } finally {
            if (session.getTransaction().isActive()) {
                session.getTransaction().rollback();
            }
            session.close();
        }
    }

    static void execute(String... statements) {
        work(session -> {
            session.doWork(connection -> {
                for (String statement : statements) {
                    connection.createStatement().execute(statement);
                }
            });
            return null;
        });
    }

    static void createShop() {
        execute("CREATE TABLE product (id serial PRIMARY KEY, sku varchar(255) NOT NULL UNIQUE,"
            + " name varchar(255) NOT NULL, price int NOT NULL DEFAULT 0)",
            Checks.ENABLE,
            "CREATE TABLE order_line (id serial PRIMARY KEY, product_id int NOT NULL, quantity int NOT NULL)",
            Checks.PIN);
    }

    static Goods goods(String sku, int price) {
        try {
            Goods goods = GOODS.getDeclaredConstructor().newInstance();
            goods.sku = sku;
            goods.name = "pen";
            goods.price = price;
            return goods;
        } catch (ReflectiveOperationException impossible) {
            throw new AssertionError(impossible);
        }
    }

    /** What another program does. */
    static void setPrice(Integer key, int price) {
        execute("UPDATE " + Checks.PRODUCT + " SET price = " + price + " WHERE id = " + key + Checks.CURRENT);
    }

    /** The id of a product that has had two other prices before. */
    static Integer product(int price) {
        execute("INSERT INTO " + Checks.PRODUCT + " (sku, name, price) VALUES ('" + UUID.randomUUID() + "', 'pen', "
            + (price - 2) + ")");
        Integer key = (Integer) work(s -> s.createSQLQuery("SELECT max(id) FROM " + Checks.PRODUCT).uniqueResult());
        setPrice(key, price - 1);
        setPrice(key, price);
        return key;
    }

    /** All prices of a product, oldest first. */
    static List<?> prices(Integer key) {
        return work(s -> s.createQuery("select price from Run$Image where id = " + key + " order by version").list());
    }

    static Goods get(Session session, Integer key) {
        return (Goods) session.get(GOODS, key);
    }

    static Goods current(Session session, Integer key) {
        return (Goods) session.createQuery("from Product where id = " + key + TODAY).uniqueResult();
    }

    interface Reader {
        Goods read(Session session, Integer key);
    }

    static void insertOne() {
        Goods goods = goods("generated", 3);
        work(s -> s.save(goods));
        Checks.same(prices(goods.id), List.of(3), "prices");
    }

    static void readById(Reader reader) {
        Integer key = product(12);
        Checks.same(work(s -> reader.read(s, key)).price, 12, "price");
    }

    static void refresh() {
        Integer key = product(12);
        work(s -> {
            Goods goods = current(s, key);
            s.refresh(goods);
            Checks.same(goods.price, 12, "price");
            return null;
        });
    }

    static void saveTwice(Reader reader) {
        Integer key = product(12);
        Goods goods = work(s -> reader.read(s, key));
        for (int price : new int[] {13, 14}) {
            goods.price = price;
            work(s -> {
                s.update(goods);
                return null;
            });
        }
        Checks.same(prices(key), List.of(10, 11, 12, 13, 14), "prices");
    }

    static void staleWrite(Reader reader) {
        Integer key = product(12);
        Goods first = work(s -> reader.read(s, key));
        Goods second = work(s -> reader.read(s, key));
        first.price = 13;
        second.price = 14;
        work(s -> {
            s.update(first);
            return null;
        });
        try {
            work(s -> {
                s.update(second);
                return null;
            });
        } catch (StaleObjectStateException expected) {
            Checks.same(prices(key), List.of(10, 11, 12, 13), "prices");
            return;
        }
        throw new Checks.Wrong("no StaleObjectStateException");
    }

    static void bulkUpdate() {
        List<Integer> keys = List.of(product(5), product(6));
        int count = work(s -> s.createQuery("update Product set price = price + 1 where id in (:keys)")
            .setParameterList("keys", keys).executeUpdate());
        Checks.same(count, 2, "updated");
        Checks.same(prices(keys.get(0)), List.of(3, 4, 5, 6), "prices");
        Checks.same(prices(keys.get(1)), List.of(4, 5, 6, 7), "prices");
    }

    static void deleteOne(Reader reader) {
        Integer key = product(12);
        work(s -> {
            s.delete(reader.read(s, key));
            return null;
        });
        Checks.same(work(s -> current(s, key)), null, "row");
        Checks.same(prices(key), List.of(10, 11, 12), "prices");
    }

    static void createAgain() {
        Goods goods = goods("again", 1);
        goods.id = product(12);
        execute("DELETE FROM " + Checks.PRODUCT + " WHERE id = " + goods.id + Checks.CURRENT);
        work(s -> {
            s.replicate(goods, ReplicationMode.EXCEPTION);
            return null;
        });
        Checks.same(prices(goods.id), List.of(10, 11, 12, 1), "prices");
    }

    static void merge() {
        Integer key = product(12);
        Goods detached = work(s -> current(s, key));
        detached.price = 13;
        work(s -> s.merge(detached));
        Checks.same(prices(key), List.of(10, 11, 12, 13), "prices");
    }

    /** The id of a line with a product whose price has changed since. */
    static Integer lineOf(int price) {
        Integer key = product(price);
        Integer id = work(s -> {
            try {
                Line line = LINE.getDeclaredConstructor().newInstance();
                line.productId = key;
                line.quantity = 2;
                s.save(line);
                return line.id;
            } catch (ReflectiveOperationException impossible) {
                throw new AssertionError(impossible);
            }
        });
        setPrice(key, 99);
        return id;
    }

    /** What a relation shows, when the session is closed. */
    static List<Line> lines(Integer id, String relation) {
        List<Line> found = new ArrayList<>();
        for (Object line : work(s -> s.createQuery("select l from OrderLine l join fetch l." + relation
            + " where l.id = " + id).list())) {
            found.add((Line) line);
        }
        return found;
    }

    static void relation() {
        List<Integer> seen = new ArrayList<>();
        lines(lineOf(12), "product").forEach(line -> seen.add(line.product().price));
        Checks.same(seen, List.of(99), "prices");
    }

    static void relationToCurrent() {
        Integer id = lineOf(12);
        Checks.same(work(s -> s.createQuery("select p.price from OrderLine l, Product p where l.id = " + id
            + " and p.id = l.productId" + TODAY).list()), List.of(99), "prices");
    }

    static void pinned() {
        List<Integer> seen = new ArrayList<>();
        lines(lineOf(12), "bought").forEach(line -> seen.add(line.bought.price));
        Checks.same(seen, List.of(12), "prices");
    }

    static void changeLine() {
        Integer id = lineOf(12);
        work(s -> {
            ((Line) s.get(LINE, id)).quantity = 3;
            return null;
        });
        Checks.same(lines(id, "bought").get(0).bought.price, 12, "price");
    }

    static void lock(String today) {
        Integer key = product(12);
        work(one -> {
            Query query = one.createQuery("select p from Product p where p.id = " + key + today);
            List<Integer> seen = new ArrayList<>();
            query.setLockMode("p", LockMode.UPGRADE).list().forEach(goods -> seen.add(((Goods) goods).price));
            Checks.same(seen, List.of(12), "locked");
            List<?> others = work(two -> two.createSQLQuery("SELECT id FROM " + Checks.PRODUCT + " WHERE id = " + key
                + Checks.CURRENT + " FOR UPDATE SKIP LOCKED").list());
            Checks.same(others.size(), 0, "not locked");
            return null;
        });
    }

    static void count(String today) {
        List<Integer> keys = List.of(product(5), product(5));
        Object count = work(s -> s.createQuery("select count(*) from Product where id in (:keys)" + today)
            .setParameterList("keys", keys).uniqueResult());
        Checks.same(count, 2L, "count");
    }

    /** What hibernate.hbm2ddl.auto = update would do. */
    static void schemaIsRight() {
        work(session -> {
            session.doWork(connection -> {
                PostgreSQLDialect dialect = new PostgreSQLDialect();
                String[] statements = configure(Checks.PRODUCT, GOODS).generateSchemaUpdateScript(dialect,
                    new DatabaseMetadata(connection, dialect));
                Checks.same(Arrays.asList(statements), List.of(), "statements");
            });
            return null;
        });
    }

    /** Updates the schema to a mapping; an error would only be logged. */
    static void update(String product, Class<?>... classes) throws Exception {
        SchemaUpdate update = new SchemaUpdate(configure(product, classes));
        update.execute(false, true);
        if (!update.getExceptions().isEmpty()) {
            throw (Exception) update.getExceptions().get(0);
        }
    }

    static void referToRow() throws Exception {
        try {
            update(Checks.PRODUCT, Coloured.class, Review.class);
        } finally {
            execute("DROP TABLE review");
        }
    }

    static void addColumn() throws Exception {
        update(Checks.PRODUCT, Coloured.class);
        useColumn();
    }

    /** With what a versioned table needs: its view comes back, its versions get the column. */
    static void addColumnAndEnable() throws Exception {
        if (!Checks.OWN) {
            execute(Checks.DISABLE);
            update("product", Coloured.class);
        }
        execute(Checks.ENABLE);
        useColumn();
    }

    /** The column can be written, and history has it. */
    static void useColumn() {
        Integer key = product(12);
        execute("UPDATE " + Checks.PRODUCT + " SET colour = 'red' WHERE id = " + key + Checks.CURRENT);
        List<?> seen = work(s -> s.createSQLQuery("SELECT colour FROM " + Checks.VERSIONS + " WHERE id = " + key
            + " ORDER BY version_id").list());
        Checks.same(seen, Arrays.asList(null, null, null, "red"), "colour");
    }

    static void deleteAll() {
        product(12);
        work(s -> {
            s.createQuery("delete from OrderLine").executeUpdate();
            return s.createQuery("delete from Product").executeUpdate();
        });
        Checks.same(work(s -> s.createQuery("from Product").list().size()), 0, "rows");
    }

    static void prune() {
        execute("SELECT versioned_rows.prune('product', keep => 0)");
        Checks.same(work(s -> s.createQuery("from Product").list().size()), 0, "rows");
    }

    /** A check whose forms differ in how they read a product. */
    static void checkReading(String operation, Consumer<Reader> form, Map<String, String> fails) {
        Checks.check(operation, () -> form.accept(Run::get),
            Checks.CURRENT.isEmpty() ? null : () -> form.accept(Run::current), fails);
    }

    public static void main(String[] arguments) {
        createShop();
        Checks.check("insert with a generated id", Run::insertOne, null, Map.of());
        checkReading("read by id", Run::readById, Map.of("table", "More than one row"));
        Checks.check("refresh", Run::refresh, null, Map.of("table", "More than one row"));
        checkReading("save twice", Run::saveTwice, Map.of("table", "More than one row"));
        checkReading("stale write is refused", Run::staleWrite,
            Map.of("table", "More than one row", "facade", "no Stale", "unnumbered", "no Stale"));
        Checks.check("bulk update", Run::bulkUpdate, null, Map.of());
        checkReading("delete", Run::deleteOne, Map.of("table", "More than one row"));
        Checks.check("create again", Run::createAgain, null, Map.of());
        Checks.check("merge", Run::merge, null, Map.of("table", "More than one row"));
        Checks.check("relation to the row", Run::relation, Run::relationToCurrent,
            Map.of("table", "prices: .10, 10, 10, 10. instead"));
        Checks.check("pinned relation", Run::pinned, null, Map.of());
        Checks.check("change what pins", Run::changeLine, null, Map.of());
        Checks.check("select for update", () -> lock(""), () -> lock(TODAY), Map.of("table", "locked"));
        Checks.check("count", () -> count(""), () -> count(TODAY), Map.of("table", "count: 6"));
        Checks.check("hbm2ddl proposes nothing", Run::schemaIsRight, null, Map.of());
        Checks.check("add a column", Run::addColumn, Run::addColumnAndEnable,
            Map.of("views", "ADD COLUMN cannot be performed", "own", "is missing in its versions table"));
        Checks.check("foreign key to the row", Run::referToRow, null,
            Map.of("table", "columns for foreign key disagree", "views", "is not a table"));
        Checks.check("empty tables by delete", Run::deleteAll, Run::prune, Map.of("table", "rows: "));
        FACTORY.close();
    }
}
