using AgentWarden.Kernel.Contracts;
using AgentWarden.Platform.EventBridge.Sinks.StorageQueue;
using AgentWarden.Platform.Hosting;
using AgentWarden.Tests.Deploy;

namespace AgentWarden.Tests.Platform.EventBridge.Sinks;

public sealed class QueueSettingsTests
{
    private const string Connection = "AzureWebJobsStorage";

    [Fact]
    public async Task The_poison_queue_of_every_function_has_a_name_that_the_service_allows()
    {
        var names = AllFunctions.Compose().Where(f => f is IEventHandler or ITimerHandler).Select(f => f.Name).ToList();
        Assert.NotEmpty(names);
        Assert.All(names, n => Assert.InRange(n.Length, 1, QueueSettings.LongestFunction));
        var longest = $"{QueueSettings.NameOf(new string('a', 30), new string('F', QueueSettings.LongestFunction))}-poison";
        Assert.Equal(63, longest.Length);
        Assert.Equal("agent-warden-events-secretprovisioning", QueueSettings.NameOf(QueueSettings.DefaultName, "SecretProvisioning"));
    }

    [Theory]
    [InlineData("Upper"), InlineData("a--b"), InlineData("-a-b"), InlineData("ab"), InlineData("a23456789012345678901234567890b")]
    public void A_name_that_no_queue_can_begin_with_is_refused_by_the_settings_name(string name) => Assert.Contains(
        QueueSettings.NameSetting, Problem((QueueSettings.NameSetting, name), (Connection, "UseDevelopmentStorage=true")), StringComparison.Ordinal);

    [Theory]
    [InlineData("hunter2")]
    [InlineData("hunter2=;")]
    [InlineData("AccountName=hunter2")]
    [InlineData("AccountName=a;AccountKey=hunter2hunter2!")]
    [InlineData("AccountName=a;AccountKey=hunter2=;QueueEndpoint=nowhere")]
    [InlineData("SharedAccessSignature=sig=hunter2")]
    public void A_connection_string_that_cannot_be_used_is_refused_by_its_settings_name_and_not_printed(string text)
    {
        var problem = Assert.Throws<HostingException>(() => StorageQueueSink.FromSettings(
            n => n == Connection ? text : null, "/s", TimeProvider.System, Microsoft.Extensions.Logging.Abstractions.NullLoggerFactory.Instance));
        Assert.Contains(Connection, problem.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", problem.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void The_connection_string_itself_in_the_place_of_its_name_is_told_and_not_printed()
    {
        var problem = Problem((QueueSettings.ConnectionSetting, "AccountName=a;AccountKey=hunter2"));
        Assert.Contains(QueueSettings.ConnectionSetting, problem, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http://a.queue.core.windows.net"), InlineData("a.queue")]
    public void An_identitys_token_is_sent_over_TLS_only(string address) =>
        Assert.Contains($"{Connection}__queueServiceUri", Problem(($"{Connection}__queueServiceUri", address)), StringComparison.Ordinal);

    [Fact]
    public void The_connection_is_looked_for_as_the_Functions_host_does_and_says_how_it_lets_in()
    {
        Assert.Equal(QueueAccess.Key, Read(("AzureWebJobsEvents", "UseDevelopmentStorage=true"), (QueueSettings.ConnectionSetting, "Events")).Access);
        Assert.Equal(QueueAccess.Signature, Read((Connection, "QueueEndpoint=https://a;SharedAccessSignature=sv=1")).Access);
        var identity = Read(($"{Connection}__accountName", "acc"), ($"{Connection}__clientId", "client"));
        Assert.Equal((QueueAccess.Identity, "https://acc.queue.core.windows.net/", "client"), (identity.Access, identity.Account?.AbsoluteUri, identity.ClientId));
    }

    private static string Problem(params (string Name, string Value)[] settings) => Assert.Throws<HostingException>(() => Read(settings)).Message;

    private static QueueSettings Read(params (string Name, string Value)[] settings) =>
        QueueSettings.Read(n => settings.FirstOrDefault(s => s.Name == n).Value);
}
