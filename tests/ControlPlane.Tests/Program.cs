using AgentWarden.ControlPlane;

// An owner for OwnerDeathTests: starts a control plane, says where it is, and never ends by itself.
await using var plane = await LocalControlPlane.StartAsync();
Console.WriteLine(plane.DataDirectory);
await Task.Delay(Timeout.Infinite);
