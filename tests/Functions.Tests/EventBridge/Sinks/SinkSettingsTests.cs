using AgentWarden.EventBridge.Sinks.EventGrid;
using AgentWarden.EventBridge.Sinks.StorageQueue;
using AgentWarden.Kernel.Hosting;
using Microsoft.Extensions.Logging.Abstractions;

namespace AgentWarden.Tests.EventBridge.Sinks;

public sealed class SinkSettingsTests
{
    private const string Topic = "https://topic.westeurope-1.eventgrid.azure.net/api/events";
    private const string Key = "c2VjcmV0LWtleQ==";

    [Theory]
    [InlineData("AGENTWARDEN_EVENTGRID_ENDPOINT is not set")]
    [InlineData("AGENTWARDEN_EVENTGRID_ENDPOINT is not the endpoint", "AGENTWARDEN_EVENTGRID_ENDPOINT=topic")]
    [InlineData("AGENTWARDEN_EVENTGRID_ENDPOINT is not the endpoint", "AGENTWARDEN_EVENTGRID_ENDPOINT=https://topic.westeurope-1.eventgrid.azure.net")]
    [InlineData("must begin with https://", "AGENTWARDEN_EVENTGRID_ENDPOINT=http://topic.example/api/events", "AGENTWARDEN_EVENTGRID_KEY=" + Key)]
    [InlineData("must begin with https://", "AGENTWARDEN_EVENTGRID_ENDPOINT=http://127.0.0.1/api/events")]
    [InlineData("AGENTWARDEN_EVENTGRID_KEY and AGENTWARDEN_EVENTGRID_KEY_FILE are both set", "AGENTWARDEN_EVENTGRID_ENDPOINT=" + Topic, "AGENTWARDEN_EVENTGRID_KEY=" + Key, "AGENTWARDEN_EVENTGRID_KEY_FILE=/key")]
    [InlineData("AGENTWARDEN_EVENTGRID_KEY_FILE names cannot be read", "AGENTWARDEN_EVENTGRID_ENDPOINT=" + Topic, "AGENTWARDEN_EVENTGRID_KEY_FILE=/no/such/key")]
    public void A_mistake_in_a_setting_of_Event_Grid_names_the_setting(string says, params string[] settings)
    {
        var mistake = Assert.Throws<HostingException>(() => EventGridSink.FromSettings(Of(settings), "/s", TimeProvider.System, NullLoggerFactory.Instance));
        Assert.Contains(says, mistake.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(Key, mistake.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("set AzureWebJobsStorage to a connection string")]
    [InlineData("set Events to a connection string", "AGENTWARDEN_QUEUE_CONNECTION=Events", "AzureWebJobsStorage=UseDevelopmentStorage=true")]
    [InlineData("must be the name of the setting", "AGENTWARDEN_QUEUE_CONNECTION=AccountName=a;AccountKey=" + Key)]
    [InlineData("AGENTWARDEN_QUEUE_NAME is no queue name", "AGENTWARDEN_QUEUE_NAME=Events", "AzureWebJobsStorage=UseDevelopmentStorage=true")]
    [InlineData("AGENTWARDEN_QUEUE_NAME is no queue name", "AGENTWARDEN_QUEUE_NAME=a--b", "AzureWebJobsStorage=UseDevelopmentStorage=true")]
    [InlineData("AGENTWARDEN_QUEUE_TTL is not a time", "AGENTWARDEN_QUEUE_TTL=soon", "AzureWebJobsStorage=UseDevelopmentStorage=true")]
    [InlineData("AzureWebJobsStorage is no connection string", "AzureWebJobsStorage=" + "nonsense")]
    [InlineData("AzureWebJobsStorage names no queue service", "AzureWebJobsStorage=AccountKey=" + Key)]
    [InlineData("AzureWebJobsStorage holds neither", "AzureWebJobsStorage=AccountName=a")]
    [InlineData("not base64", "AzureWebJobsStorage=AccountName=a;AccountKey=c2Vjc")]
    [InlineData("AzureWebJobsStorage__queueServiceUri is no address", "AzureWebJobsStorage__queueServiceUri=http://a.queue.core.windows.net")]
    public void A_mistake_in_a_setting_of_the_queue_names_the_setting(string says, params string[] settings)
    {
        var mistake = Assert.Throws<HostingException>(() => StorageQueueSink.FromSettings(Of(settings), "/s", TimeProvider.System, NullLoggerFactory.Instance));
        Assert.Contains(says, mistake.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("c2Vjc", mistake.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("https://a.queue.core.windows.net/", "DefaultEndpointsProtocol=https;AccountName=a;AccountKey=" + Key + ";EndpointSuffix=core.windows.net")]
    [InlineData("https://a.queue.core.chinacloudapi.cn/", "accountname=a;ACCOUNTKEY=" + Key + ";EndpointSuffix=core.chinacloudapi.cn")]
    [InlineData("http://azurite:20001/a", "AccountName=a;AccountKey=" + Key + ";QueueEndpoint=http://azurite:20001/a;")]
    [InlineData("http://127.0.0.1:10001/devstoreaccount1", "UseDevelopmentStorage=true")]
    [InlineData("http://azurite:10001/devstoreaccount1", "UseDevelopmentStorage=true;DevelopmentStorageProxyUri=http://azurite")]
    public void A_connection_string_says_where_the_queues_are(string address, string text)
    {
        var read = QueueSettings.Read(Of($"AzureWebJobsStorage={text}"));
        Assert.Equal(new Uri(address), read.Connection.Queues);
        Assert.NotNull(read.Connection.Key);
        Assert.Equal("agent-warden-events", read.Name);
        Assert.Null(read.TimeToLive);
    }

    [Fact]
    public void A_shared_access_signature_stands_for_the_key()
    {
        var read = QueueSettings.Read(Of("AzureWebJobsStorage=QueueEndpoint=https://a.queue.core.windows.net/;SharedAccessSignature=?sv=2021-12-02&sig=x%3D"));
        Assert.Equal("sv=2021-12-02&sig=x%3D", read.Connection.Signature);
        Assert.False(read.Connection.UsesIdentity);
    }

    [Theory]
    [InlineData("https://a.queue.core.windows.net/", "Events__queueServiceUri=https://a.queue.core.windows.net")]
    [InlineData("https://a.queue.core.windows.net/", "AzureWebJobsEvents__accountName=a")]
    public void A_connection_without_a_key_means_an_identity(string address, string setting)
    {
        var read = QueueSettings.Read(Of(setting, "AGENTWARDEN_QUEUE_CONNECTION=Events", "Events__clientId=client", "AzureWebJobsEvents__clientId=client", "AGENTWARDEN_QUEUE_TTL=7.00:00:00"));
        Assert.True(read.Connection.UsesIdentity);
        Assert.Equal("client", read.Connection.ClientId);
        Assert.Equal(new Uri(address), read.Connection.Queues);
        Assert.Equal(TimeSpan.FromDays(7), read.TimeToLive);
    }

    private static Func<string, string?> Of(params string[] settings) =>
        settings.ToDictionary(s => s[..s.IndexOf('=', StringComparison.Ordinal)], s => s[(s.IndexOf('=', StringComparison.Ordinal) + 1)..], StringComparer.Ordinal).GetValueOrDefault;
}
