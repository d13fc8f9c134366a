using System.Collections.Concurrent;
using System.Net.Security;
using System.Text;
using AgentWarden.Credentials;
using AgentWarden.Platform.EventBridge;
using AgentWarden.Platform.EventBridge.Sinks;
using AgentWarden.Platform.EventBridge.Sinks.StorageQueue;
using AgentWarden.Platform.CloudEvents;
using AgentWarden.Kernel.Contracts;
using Azure.Core;
using Azure.Core.Pipeline;

namespace AgentWarden.InteropTests;

/// <summary>Our sink against Azurite, and a consumer that behaves like the Functions host.</summary>
public sealed class StorageQueueTests : IAsyncLifetime
{
    private const string Queue = "agent-warden-events-f", Source = "/apis/ägents & <warden>";

    private readonly LogLines _log = new();
    private Azurite _azurite = null!;

    public async Task InitializeAsync() => _azurite = await Azurite.StartAsync();

    public async Task DisposeAsync() => await _azurite.DisposeAsync();

    [Fact]
    public async Task What_is_put_into_an_absent_queue_by_many_at_once_reaches_the_trigger_whole()
    {
        var sink = Sink();
        await Task.WhenAll(Enumerable.Range(0, sink.Concurrency).Select(i => sink.DeliverAsync("F", Change($"a{i}"), CancellationToken.None)));

        var texts = new ConcurrentBag<string>();
        await TriggerAsync(m => texts.Add(m.Text));
        Assert.Equal(sink.Concurrency, texts.Count);
        Assert.Equal(Enumerable.Range(0, sink.Concurrency).Select(i => new AddressedEvent("F", Change($"a{i}"))).ToHashSet(), texts.Select(Decoded).ToHashSet());
        Assert.All(texts, t => Assert.Equal(Source, Assert.Single(CloudEventText.Parse(t)).Source?.OriginalString));
    }

    [Fact]
    public async Task Each_function_has_a_queue_of_its_own_and_poison_is_taken_from_all()
    {
        var sink = Sink();
        string[] functions = ["SecretProvisioning", "Cards"];
        foreach (var function in functions)
        {
            await sink.DeliverAsync(function, Change(function), CancellationToken.None);
        }

        foreach (var function in functions)
        {
            // Whichever function a host has switched on gets its own events and no other's.
            var names = new ConcurrentBag<string>();
            await TriggerAsync(m =>
            {
                names.Add(Decoded(m.Text).Change.Object.Name);
                throw new InvalidOperationException("it always fails");
            }, $"agent-warden-events-{function.ToLowerInvariant()}");
            Assert.Equal([function], names.Distinct(StringComparer.Ordinal));
        }

        var handedBack = new List<string>();
        var drain = sink.PoisonDrain([.. functions.Select(f => new Function(f))], (function, _) =>
        {
            handedBack.Add(function);
            return Task.CompletedTask;
        });
        await drain.RoundAsync(CancellationToken.None);
        Assert.Equal(functions, handedBack);
        Assert.Equal(functions.Select(f => new PoisonFigures(f, Waiting: 0, HandedBack: 1, Parked: 0)), drain.Figures);
    }

    [Fact]
    public async Task Text_is_escaped_for_XML_and_may_be_as_long_as_the_service_allows()
    {
        var queue = Queues().Of("F");
        await queue.PutAsync("<a b=\"c\">& ünïcode ✓\n</a>", null, CancellationToken.None);
        await queue.PutAsync(new string('A', QueueText.Limit), null, CancellationToken.None);
        var got = await queue.GetAsync(EventQueue.MostAtOnce, TimeSpan.FromSeconds(60), CancellationToken.None);
        Assert.Equal(["<a b=\"c\">& ünïcode ✓\n</a>", new string('A', QueueText.Limit)], got.Select(m => m.MessageText));
        await Assert.ThrowsAsync<EventRefusedException>(() => queue.PutAsync(new string('A', QueueText.Limit + 1), null, CancellationToken.None));
    }

    [Fact]
    public async Task A_message_that_would_be_too_large_is_refused_before_it_is_sent()
    {
        var refusal = await Assert.ThrowsAsync<EventRefusedException>(() => Sink(source: new string('s', 50_000)).DeliverAsync("F", Change("a"), CancellationToken.None));
        Assert.Contains("65536", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(0, await Queues().Of("F").ApproximateCountAsync(CancellationToken.None));
    }

    [Theory]
    [InlineData(null, null)]
    [InlineData("1.12:00:00", 36)]
    public async Task A_message_waits_for_ever_or_as_long_as_is_set(string? setting, int? hours)
    {
        await Sink(setting).DeliverAsync("F", Change("a"), CancellationToken.None);
        var messages = new ConcurrentBag<QueueTriggerMessage>();
        await TriggerAsync(messages.Add);
        var message = Assert.Single(messages);
        if (hours is { } h)
        {
            Assert.Equal(TimeSpan.FromHours(h), message.ExpirationTime - message.InsertionTime);
        }
        else
        {
            Assert.Equal(9999, message.ExpirationTime.Year);
        }
    }

    [Fact]
    public async Task A_wrong_key_is_refused_with_advice_that_does_not_show_it()
    {
        var wrong = Convert.ToBase64String(Encoding.UTF8.GetBytes("not the key of this account"));
        var sink = Sink(connection: _azurite.ConnectionString.Replace(Azurite.Key, wrong, StringComparison.Ordinal));
        var failure = await Assert.ThrowsAsync<SinkUnavailableException>(() => sink.DeliverAsync("F", Change("a"), CancellationToken.None));
        Assert.Contains("AzureWebJobsStorage", failure.Message, StringComparison.Ordinal);
        Assert.Contains("(403 ", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(wrong, failure.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_shared_access_signature_lets_in_until_it_expires_and_is_not_shown()
    {
        await Sink(connection: $"QueueEndpoint={_azurite.Queues};SharedAccessSignature={Signature(TimeSpan.FromHours(1))}").DeliverAsync("F", Change("a"), CancellationToken.None);
        Assert.Equal(1, await Queues().Of("F").ApproximateCountAsync(CancellationToken.None));

        var expired = Signature(TimeSpan.FromHours(-1));
        var failure = await Assert.ThrowsAsync<SinkUnavailableException>(() => Sink(connection: $"QueueEndpoint={_azurite.Queues};SharedAccessSignature={expired}").DeliverAsync("F", Change("a"), CancellationToken.None));
        Assert.Contains("shared access signature in AzureWebJobsStorage", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("sig=", failure.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("https://storage.azure.com", true)]
    [InlineData("https://another.example", false)]
    public async Task An_identity_is_let_in_by_its_token_or_told_which_role_it_needs(string audience, bool accepted)
    {
        await using var azurite = await Azurite.StartWithTokensAsync();
        using var transport = new HttpClientTransport(new HttpClient(new SocketsHttpHandler { SslOptions = new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = (_, _, _, _) => true } }));
        var settings = new QueueSettings { Prefix = "agent-warden-events", Account = azurite.Queues, ConnectionFrom = "AzureWebJobsStorage__queueServiceUri" };
        var identity = new Identity(Azurite.Token(audience));
        var queue = EventQueues.Open(settings, () => identity, transport, TimeProvider.System).Of("F");
        var put = queue.PutAsync("text", null, CancellationToken.None);
        if (accepted)
        {
            await put;
            Assert.Equal(1, await queue.ApproximateCountAsync(CancellationToken.None));
        }
        else
        {
            var failure = await Assert.ThrowsAsync<SinkUnavailableException>(() => put);
            Assert.Contains("Storage Queue Data Contributor", failure.Message, StringComparison.Ordinal);
        }

        Assert.Equal(["https://storage.azure.com/.default"], identity.Scopes.Distinct(StringComparer.Ordinal));
    }

    [Fact]
    public async Task No_event_is_lost_when_the_service_goes_away_and_comes_back_while_it_is_being_sent()
    {
        const int All = 500;
        var sink = Sink();
        var gone = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        int sent = 0, refused = 0;
        var sending = Parallel.ForEachAsync(Enumerable.Range(0, All), new ParallelOptions { MaxDegreeOfParallelism = sink.Concurrency }, async (i, _) =>
        {
            // The second half begins while nobody is there; the first is under way when the service ends.
            await (i < All / 2 ? Task.CompletedTask : gone.Task);
            // As the bridge does: again until it was taken.
            while (true)
            {
                try
                {
                    await sink.DeliverAsync("F", Change($"a{i}"), CancellationToken.None);
                    Interlocked.Increment(ref sent);
                    return;
                }
                catch (SinkUnavailableException)
                {
                    Interlocked.Increment(ref refused);
                    await Task.Delay(20, CancellationToken.None);
                }
            }
        });
        await UntilAsync(() => Volatile.Read(ref sent) > All / 5);
        await _azurite.StopAsync();
        gone.SetResult();
        await UntilAsync(() => Volatile.Read(ref refused) > 0);
        await _azurite.StartAgainAsync();
        await sending.WaitAsync(TimeSpan.FromMinutes(2));

        var names = new ConcurrentDictionary<string, bool>();
        await TriggerAsync(m => names.TryAdd(Decoded(m.Text).Change.Object.Name, true));
        Assert.Equal(All, names.Count);
    }

    [Fact]
    public async Task A_delivery_on_which_the_host_gave_up_comes_back_to_the_bridge()
    {
        var sink = Sink();
        await sink.DeliverAsync("F", Change("good"), CancellationToken.None);
        await sink.DeliverAsync("F", Change("bad"), CancellationToken.None);
        var tries = 0;
        await TriggerAsync(m =>
        {
            if (Decoded(m.Text).Change.Object.Name == "bad")
            {
                Interlocked.Increment(ref tries);
                throw new InvalidOperationException("it always fails");
            }
        });
        Assert.Equal(5, tries);

        var failed = new List<AddressedEvent>();
        var drain = sink.PoisonDrain([new Function("F")], (function, change) =>
        {
            failed.Add(new(function, change));
            return Task.CompletedTask;
        });
        await drain.RoundAsync(CancellationToken.None);
        Assert.Equal([new("F", Change("bad"))], failed);
        Assert.Equal([new("F", Waiting: 0, HandedBack: 1, Parked: 0)], drain.Figures);
        Assert.Equal(0, await Queues().PoisonOf("F").ApproximateCountAsync(CancellationToken.None));
    }

    [Fact]
    public async Task A_message_that_cannot_be_handed_back_is_parked_as_it_is_and_said()
    {
        var unknown = new AddressedEvent("Gone", Change("a")).Encode(Source, DateTimeOffset.UnixEpoch);
        var unaddressed = CloudEventJsonFormatter.Instance.EncodeStructured(ObjectEventMapping.ToCloudEvent(Change("a"), Source, DateTimeOffset.UnixEpoch));
        string[] texts = ["no base64!", QueueText.Encode("{}"u8.ToArray()), QueueText.Encode(unaddressed), QueueText.Encode(unknown)];
        foreach (var text in texts)
        {
            await Queues().PoisonOf("F").PutAsync(text, null, CancellationToken.None);
        }

        var drain = Sink().PoisonDrain([new Function("F")], (_, _) => throw new InvalidOperationException("there is nothing to hand back"));
        await drain.RoundAsync(CancellationToken.None);
        Assert.Equal([new("F", Waiting: 0, HandedBack: 0, Parked: 4)], drain.Figures);
        Assert.Equal(0, await Queues().PoisonOf("F").ApproximateCountAsync(CancellationToken.None));
        Assert.Equal(texts, (await Queues().ParkedOf("F").GetAsync(EventQueue.MostAtOnce, TimeSpan.FromSeconds(60), CancellationToken.None)).Select(m => m.MessageText));
        string[] reasons = ["not base64", "no CloudEvent", "no attribute function", "none of the event functions"];
        Assert.All(reasons, r => Assert.Contains(_log.Lines, l => l.StartsWith("Error", StringComparison.Ordinal) && l.Contains($"{Queue}-parked", StringComparison.Ordinal) && l.Contains(r, StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_message_that_the_bridge_does_not_take_stays_in_the_poison_queue()
    {
        await Queues().PoisonOf("F").PutAsync(QueueText.Encode(new AddressedEvent("F", Change("a")).Encode(Source, DateTimeOffset.UnixEpoch)), null, CancellationToken.None);
        var drain = Sink().PoisonDrain([new Function("F")], (_, _) => throw new InvalidOperationException("not now"));
        await drain.RoundAsync(CancellationToken.None);
        Assert.Equal(1, await Queues().PoisonOf("F").ApproximateCountAsync(CancellationToken.None));
        Assert.Equal([new("F", Waiting: 0, HandedBack: 0, Parked: 0)], drain.Figures);
        Assert.Contains(_log.Lines, l => l.Contains("stays in the poison queue", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_drain_goes_on_after_a_round_that_failed_and_ends_when_asked_to()
    {
        using var stop = new CancellationTokenSource();
        var drain = Sink(connection: _azurite.ConnectionString.Replace(_azurite.Queues.Port.ToString(), "1", StringComparison.Ordinal)).PoisonDrain([new Function("F")], (_, _) => Task.CompletedTask);
        var running = drain.RunAsync(stop.Token);
        await UntilAsync(() => _log.Lines.Any(l => l.Contains("could not all be emptied", StringComparison.Ordinal)));
        Assert.False(running.IsCompleted);
        await stop.CancelAsync();
        await running.WaitAsync(TimeSpan.FromSeconds(30));
    }

    private StorageQueueSink Sink(string? timeToLive = null, string? connection = null, string source = Source) =>
        StorageQueueSink.FromSettings(name => name switch
        {
            "AzureWebJobsStorage" => connection ?? _azurite.ConnectionString,
            QueueSettings.TimeToLiveSetting => timeToLive,
            _ => null,
        }, source, TimeProvider.System, _log);

    private EventQueues Queues()
    {
        var settings = QueueSettings.Read(name => name == "AzureWebJobsStorage" ? _azurite.ConnectionString : null);
        return EventQueues.Open(
            settings, () => throw new InvalidOperationException("a key is set"), AzurePipeline.Transport(connections: 8), TimeProvider.System);
    }

    private async Task TriggerAsync(Action<QueueTriggerMessage> function, string queue = Queue)
    {
        using var trigger = new QueueTriggerStandIn(_azurite.Queues, Signature(TimeSpan.FromHours(1)), queue);
        await trigger.UntilEmptyAsync(m =>
        {
            function(m);
            return Task.CompletedTask;
        });
    }

    private static async Task UntilAsync(Func<bool> holds)
    {
        for (var wait = 0; !holds() && wait < 6000; wait++)
        {
            await Task.Delay(5);
        }

        Assert.True(holds(), "it did not happen within half a minute");
    }

    private static string Signature(TimeSpan validFor) => AccountSignature.Of(Azurite.Account, Azurite.Key, DateTimeOffset.UtcNow + validFor);

    private static AddressedEvent Decoded(string text)
    {
        var (addressed, problem) = AddressedEvent.Decode(Encoding.UTF8.GetBytes(text), new([CredentialKinds.LLMAccess]));
        Assert.Null(problem);
        return addressed!;
    }

    private static ObjectEvent Change(string name) => new(ObjectChange.Update, new(CredentialKinds.LLMAccess, "kagent", name) { Uid = $"uid-{name}", ResourceVersion = "7" });

    private sealed class Identity(string token) : TokenCredential
    {
        public ConcurrentBag<string> Scopes { get; } = [];

        public override AccessToken GetToken(TokenRequestContext requestContext, CancellationToken cancellationToken)
        {
            requestContext.Scopes.ToList().ForEach(Scopes.Add);
            return new(token, DateTimeOffset.UtcNow.AddHours(1));
        }

        public override ValueTask<AccessToken> GetTokenAsync(TokenRequestContext requestContext, CancellationToken cancellationToken) => new(GetToken(requestContext, cancellationToken));
    }

    private sealed class Function(string name) : IEventHandler
    {
        public string Name => name;

        public HostedParts Part => HostedParts.Events;
        public IReadOnlyList<AccessRule> Access => [];
        public IReadOnlyList<Subscription> Subscriptions { get; } = [new(CredentialKinds.LLMAccess)];

        public Task<EventAnswer> HandleAsync(ObjectEvent change, CancellationToken cancellation) => throw new NotSupportedException();
    }
}
