import com.amazonaws.services.dynamodbv2.local.main.ServerRunner;
import com.amazonaws.services.dynamodbv2.local.server.DynamoDBProxyServer;
import org.eclipse.jetty.server.Connector;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;

/**
 * Starts DynamoDB Local on a port of the system's choice, on the loopback interface only, and prints the port. Its own
 * main class takes a fixed port and listens on every interface.
 */
public class LoopbackServer {
    public static void main(String[] flags) throws Exception {
        DynamoDBProxyServer proxy = ServerRunner.createServerFromCommandLineArgs(flags);
        var field = DynamoDBProxyServer.class.getDeclaredField("server");
        field.setAccessible(true);
        Server server = (Server) field.get(proxy);
        for (Connector connector : server.getConnectors()) {
            ((ServerConnector) connector).setHost("127.0.0.1");
            ((ServerConnector) connector).setPort(0);
        }
        proxy.start();
        System.out.println("listening on " + ((ServerConnector) server.getConnectors()[0]).getLocalPort());
        // Standard input ends when whoever started this is gone, however it went.
        while (System.in.read() >= 0) {}
        System.exit(0);
    }
}
