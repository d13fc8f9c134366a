using AgentWarden.Kernel.Contracts;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using AgentWarden.Credentials;
using AgentWarden.Platform.EventBridge;
using AgentWarden.Platform.EventBridge.Sinks;
using AgentWarden.Platform.EventBridge.Sinks.EventGrid;
using AgentWarden.Kernel.Telemetry;
using Azure.Core;
using Azure.Core.Pipeline;
using Microsoft.Extensions.Logging.Abstractions;

namespace AgentWarden.Tests.Platform.EventBridge.Sinks;

public sealed class EventGridSinkTests
{
    private const string Source = "/apis/agent-warden";

    [Fact]
    public async Task An_event_arrives_as_a_CloudEvent_that_names_object_and_function()
    {
        await using var topic = await EventGridTopicStandIn.StartAsync();
        var delivery = await WithKey(topic).DeliverAsync("SecretProvisioning", Change("agent"), CancellationToken.None);

        Assert.Equal(Delivery.HandedOver, delivery);
        Assert.Empty(topic.Faults);
        var arrived = Assert.Single(topic.Events);
        Assert.Equal("SecretProvisioning", arrived.GetProperty("function").GetString());
        Assert.Equal("dev.knative.apiserver.ref.update", arrived.GetProperty("type").GetString());
        Assert.Equal(Source, arrived.GetProperty("source").GetString());
        var (decoded, problem) = AddressedEvent.Decode(Encoding.UTF8.GetBytes(arrived.GetRawText()), new([CredentialKinds.LLMAccess]));
        Assert.Null(problem);
        Assert.Equal(new AddressedEvent("SecretProvisioning", Change("agent")), decoded);
    }

    [Fact]
    public async Task Many_deliveries_at_a_time_share_few_requests_within_the_limits_and_keep_their_order()
    {
        await using var topic = await EventGridTopicStandIn.StartAsync();
        var sink = WithKey(topic);
        await Task.WhenAll(DeliverTogether(topic, sink, 2000));

        Assert.Empty(topic.Faults);
        Assert.Equal(Enumerable.Range(0, 2000).Select(i => $"a{i}"), topic.Events.Select(e => e.GetProperty("name").GetString()));
        Assert.All(topic.Batches, b => Assert.InRange(b.Length, 1, EventGridSink.Limits.Items));
        // The first request takes what was there, the others are full but for the last.
        Assert.InRange(topic.Batches.Count, 4, 5);
    }

    [Fact]
    public async Task A_request_stays_below_a_megabyte()
    {
        await using var topic = await EventGridTopicStandIn.StartAsync();
        var sink = WithKey(topic, source: new string('s', 20_000));
        await Task.WhenAll(DeliverTogether(topic, sink, 400));
        Assert.Equal(400, topic.Events.Count());
        // Close to it, or the test would not show the limit.
        Assert.InRange(topic.LargestSeen, 900_000, 1_000_001);
    }

    [Fact]
    public async Task An_event_that_is_refused_fails_alone_and_the_others_of_its_batch_arrive_in_order()
    {
        await using var topic = await EventGridTopicStandIn.StartAsync();
        topic.Unwanted.Add("uid-a13-7-F");
        topic.Unwanted.Add("uid-a14-7-F");
        var sink = WithKey(topic);
        var all = DeliverTogether(topic, sink, 50);
        await Task.WhenAll(all).ContinueWith(_ => { }, TaskScheduler.Default);

        Assert.Equal([13, 14], Enumerable.Range(0, 50).Where(i => all[i].IsFaulted));
        var refusal = await Assert.ThrowsAsync<EventRefusedException>(() => all[13]);
        Assert.Contains("400 BadRequest", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(Enumerable.Range(0, 50).Except([13, 14]).Select(i => $"a{i}"), topic.Events.Select(e => e.GetProperty("name").GetString()));
    }

    [Fact]
    public async Task An_event_that_is_too_large_by_itself_fails_by_itself()
    {
        await using var topic = await EventGridTopicStandIn.StartAsync();
        var sink = WithKey(topic, source: new string('s', 1_100_000));
        var refusal = await Assert.ThrowsAsync<EventRefusedException>(() => sink.DeliverAsync("F", Change("a"), CancellationToken.None));
        Assert.Contains("too large", refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(429, "7", 7)]
    [InlineData(503, "2", 2)]
    [InlineData(503, null, null)]
    [InlineData(500, null, null)]
    public async Task A_busy_topic_is_unavailable_for_as_long_as_it_asks_and_takes_the_event_after_that(int status, string? retryAfter, int? seconds)
    {
        await using var topic = await EventGridTopicStandIn.StartAsync();
        topic.Refusals.Enqueue((status, retryAfter));
        var sink = WithKey(topic);
        var busy = await Assert.ThrowsAsync<SinkUnavailableException>(() => sink.DeliverAsync("F", Change("a"), CancellationToken.None));
        Assert.Equal(seconds is { } s ? TimeSpan.FromSeconds(s) : null, busy.RetryAfter);
        Assert.Empty(topic.Refusals);
        await sink.DeliverAsync("F", Change("a"), CancellationToken.None);
        Assert.Single(topic.Events);
    }

    [Fact]
    public async Task A_topic_that_nobody_answers_for_is_unavailable()
    {
        using var taken = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        taken.Bind(new System.Net.IPEndPoint(System.Net.IPAddress.Loopback, 0));
        var sink = FromSettings(new() { [EventGridSettings.EndpointSetting] = $"http://{taken.LocalEndPoint}/api/events", [EventGridSettings.KeySetting] = EventGridTopicStandIn.Key });
        var failure = await Assert.ThrowsAsync<SinkUnavailableException>(() => sink.DeliverAsync("F", Change("a"), CancellationToken.None));
        Assert.Contains(EventGridSettings.EndpointSetting, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_wrong_key_is_unavailable_with_advice_that_does_not_show_it()
    {
        await using var topic = await EventGridTopicStandIn.StartAsync();
        var sink = FromSettings(new() { [EventGridSettings.EndpointSetting] = topic.Endpoint.ToString(), [EventGridSettings.KeySetting] = "secret-but-wrong" });
        var failure = await Assert.ThrowsAsync<SinkUnavailableException>(() => sink.DeliverAsync("F", Change("a"), CancellationToken.None));
        Assert.Contains(EventGridSettings.KeySetting, failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret-but-wrong", failure.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("secret-but-wrong", SafeException.Describe(failure), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_key_from_a_file_is_read_again_after_the_topic_refused_it()
    {
        await using var topic = await EventGridTopicStandIn.StartAsync();
        var file = Path.Combine(Directory.CreateTempSubdirectory("warden-key").FullName, "key");
        await File.WriteAllTextAsync(file, $"{EventGridTopicStandIn.Key}\n");
        var sink = FromSettings(new() { [EventGridSettings.EndpointSetting] = topic.Endpoint.ToString(), [EventGridSettings.KeyFileSetting] = file });
        await sink.DeliverAsync("F", Change("before"), CancellationToken.None);

        topic.AcceptedKey = "rotated";
        await File.WriteAllTextAsync(file, "rotated");
        await Assert.ThrowsAsync<SinkUnavailableException>(() => sink.DeliverAsync("F", Change("after"), CancellationToken.None));
        await sink.DeliverAsync("F", Change("after"), CancellationToken.None);
        Assert.Equal(["before", "after"], topic.Events.Select(e => e.GetProperty("name").GetString()));
        Directory.Delete(Path.GetDirectoryName(file)!, recursive: true);
    }

    [Theory]
    [InlineData(EventGridTopicStandIn.Token, true)]
    [InlineData("another-token", false)]
    public async Task An_identity_is_let_in_by_its_token_or_told_which_role_it_needs(string token, bool accepted)
    {
        await using var topic = await EventGridTopicStandIn.StartAsync(tls: true);
        using var transport = new HttpClientTransport(new HttpClient(new SocketsHttpHandler { SslOptions = new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = (_, _, _, _) => true } }));
        var identity = new Identity(token);
        var publisher = EventGridPublisher.Create(new() { Endpoint = topic.Endpoint }, () => identity, transport, TimeProvider.System, NullLoggerFactory.Instance);
        var delivery = new EventGridSink(publisher, Source, TimeProvider.System).DeliverAsync("F", Change("a"), CancellationToken.None);
        if (accepted)
        {
            await delivery;
            Assert.Single(topic.Events);
        }
        else
        {
            var failure = await Assert.ThrowsAsync<SinkUnavailableException>(() => delivery);
            Assert.Contains("EventGrid Data Sender", failure.Message, StringComparison.Ordinal);
            Assert.DoesNotContain(token, failure.ToString(), StringComparison.Ordinal);
        }

        Assert.Equal(["https://eventgrid.azure.net/.default"], identity.Scopes);
    }

    /// <summary>Begins all deliveries before the topic looks at the first request.</summary>
    private static Task[] DeliverTogether(EventGridTopicStandIn topic, EventGridSink sink, int count)
    {
        var open = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        topic.Open = open.Task;
        Task[] all = [.. Enumerable.Range(0, count).Select(i => sink.DeliverAsync("F", Change($"a{i}"), CancellationToken.None))];
        open.SetResult();
        return all;
    }

    private static EventGridSink WithKey(EventGridTopicStandIn topic, string source = Source) =>
        FromSettings(new() { [EventGridSettings.EndpointSetting] = topic.Endpoint.ToString(), [EventGridSettings.KeySetting] = EventGridTopicStandIn.Key }, source);

    private static EventGridSink FromSettings(Dictionary<string, string> settings, string source = Source) =>
        EventGridSink.FromSettings(settings.GetValueOrDefault, source, TimeProvider.System, NullLoggerFactory.Instance);

    private static ObjectEvent Change(string name) => new(ObjectChange.Update, new(CredentialKinds.LLMAccess, "kagent", name) { Uid = $"uid-{name}", ResourceVersion = "7" });

    private sealed class Identity(string token) : TokenCredential
    {
        public List<string> Scopes { get; } = [];

        public override AccessToken GetToken(TokenRequestContext requestContext, CancellationToken cancellationToken)
        {
            Scopes.AddRange(requestContext.Scopes);
            return new(token, DateTimeOffset.UtcNow.AddHours(1));
        }

        public override ValueTask<AccessToken> GetTokenAsync(TokenRequestContext requestContext, CancellationToken cancellationToken) => new(GetToken(requestContext, cancellationToken));
    }
}
